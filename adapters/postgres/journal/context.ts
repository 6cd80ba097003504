import type { JournalOptions } from '../../journal/options.js';
import type { Database } from './database.js';
import type { FreshCommands } from '../../journal/fresh-commands.js';
import type { Notices } from './notices.js';

/** What the parts of one open journal share. */
export interface JournalContext {
  readonly database: Database;
  readonly notices: Notices;
  readonly fresh: FreshCommands;
  readonly options: JournalOptions;
}
