import type { CommandQueue } from '../../adapters/ports/journal.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';

export interface UpkeepOptions extends Supervision {
  readonly commands: Pick<CommandQueue, 'releaseEnded'>;
  /** Forgets what no redelivery can need any more, from before an instant (ms). */
  readonly prune: (before: number) => Promise<void>;
  /** What the event log may forget by its retention; a log that does so by itself has none. */
  readonly removeExpired?: () => Promise<unknown>;
  readonly everyMs: number;
  /** How long causes and sent entries are kept. Longer than the longest retention of an input topic. */
  readonly keepMs: number;
}

/**
 * Gives back the permits of processes that are over (one whose return nobody saw must not hold a budget for ever) and
 * keeps the journal from growing with what nobody needs. Any number of copies may run.
 */
export function keepUp(options: UpkeepOptions): Promise<void> {
  return superviseLoop('upkeep', options, async () => {
    await options.commands.releaseEnded();
    await options.prune(options.clock.now() - options.keepMs);
    await options.removeExpired?.();
    await pause(options, options.everyMs);
  });
}
