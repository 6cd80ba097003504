import { Command, Option } from 'commander';

import { outcomesOfChange, type OutcomeOfChange } from '../../domain/change.js';
import type { ChangeItem } from '../../services/console/forms/changes.js';
import { awaitChange } from '../await-change.js';
import { changeClient } from '../change-client.js';
import { changesView, changeView } from '../output/change-views.js';
import { printView } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import {
  claimedSubject,
  everyItem,
  milliseconds,
  outputOption,
  serverOf,
  withServer,
  type OutputOptions,
} from './common.js';

interface ChangesOptions extends OutputOptions {
  readonly open?: true;
  readonly node?: string;
}

/** `faultline guard changes`. */
export function changesCommand(terminal: Terminal): Command {
  return withServer(
    new Command('changes')
      .description('operations that other systems asked leave for, the newest first')
      .option('--open', 'only those that wait or are under way')
      .option('--node <cluster/node>', 'only of this node')
      .addOption(outputOption()),
  ).action(async ({ open, node, ...options }: ChangesOptions) => {
    const query = {
      ...(open === undefined ? {} : { open }),
      ...(node === undefined ? {} : { node }),
    };
    const list = await everyItem<ChangeItem>(serverOf(terminal, options), '/v1/changes', query);
    printView(terminal, options.output, list, changesView(Date.now()));
  });
}

interface HeartbeatOptions extends OutputOptions {
  readonly wait?: number;
}

/** `faultline guard heartbeat`, for scripts that asked without a command. */
export function heartbeatCommand(terminal: Terminal): Command {
  return withServer(
    new Command('heartbeat')
      .description(
        'say that the client of a change lives: its lease begins anew, and what waits is asked for',
      )
      .argument('<change>', 'c-…')
      .option('--wait <duration>', 'if it has no leave yet, wait for it for so long', milliseconds)
      .addOption(outputOption()),
  ).action(async (id: string, { wait, ...options }: HeartbeatOptions) => {
    const changes = changeClient(serverOf(terminal, options), claimedSubject(terminal));
    const kept = await changes.keep(id);
    const change = wait === undefined ? kept : await awaitChange(terminal, changes, kept, wait);
    printView(terminal, options.output, change, changeView(Date.now()));
  });
}

interface DoneOptions extends OutputOptions {
  readonly outcome: OutcomeOfChange;
  readonly message?: string;
}

/** `faultline guard done`. */
export function doneCommand(terminal: Terminal): Command {
  return withServer(
    new Command('done')
      .description('end a change: what it took is given back')
      .argument('<change>', 'c-…')
      .addOption(
        new Option('--outcome <outcome>', 'what waits can only be cancelled')
          .choices(outcomesOfChange)
          .makeOptionMandatory(),
      )
      .option('--message <text>', 'stands beside the outcome')
      .addOption(outputOption()),
  ).action(async (id: string, { outcome, message, ...options }: DoneOptions) => {
    const changes = changeClient(serverOf(terminal, options), claimedSubject(terminal));
    const how = { outcome, ...(message === undefined ? {} : { message }) };
    printView(terminal, options.output, await changes.end(id, how), changeView(Date.now()));
  });
}
