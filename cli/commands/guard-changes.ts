import { Command } from 'commander';

import type { ChangeItem } from '../../services/console/forms/changes.js';
import { changesView } from '../output/change-views.js';
import { printView } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import {
  everyItem,
  outputOption,
  serverOf,
  serverOption,
  tokenOption,
  type OutputOptions,
} from './common.js';

interface ChangesOptions extends OutputOptions {
  readonly open?: true;
  readonly node?: string;
}

/** `faultline guard changes`. */
export function changesCommand(terminal: Terminal): Command {
  return new Command('changes')
    .description('operations that other systems asked leave for, the newest first')
    .option('--open', 'only those that wait or are under way')
    .option('--node <cluster/node>', 'only of this node')
    .addOption(outputOption())
    .addOption(serverOption())
    .addOption(tokenOption())
    .action(async ({ open, node, ...options }: ChangesOptions) => {
      const query = {
        ...(open === undefined ? {} : { open }),
        ...(node === undefined ? {} : { node }),
      };
      const list = await everyItem<ChangeItem>(serverOf(terminal, options), '/v1/changes', query);
      printView(terminal, options.output, list, changesView(Date.now()));
    });
}
