import { Command } from 'commander';

import type { FaultList, NodeList } from '../../services/console/forms/nodes.js';
import type { ProcessList } from '../../services/console/forms/processes.js';
import { CommandFailed } from '../errors.js';
import { printChanges } from '../output/changes.js';
import { printView, type View } from '../output/print.js';
import { faultView, nodeView, processView } from '../output/views.js';
import { pause } from '../pause.js';
import type { Terminal } from '../terminal.js';
import {
  everyItem,
  milliseconds,
  outputOption,
  serverOf,
  withServer,
  type ListPage,
  type OutputOptions,
} from './common.js';

interface GetOptions extends OutputOptions {
  readonly cluster?: string;
  readonly active?: boolean;
  readonly watch?: boolean;
  readonly timeout?: number;
}

interface ListOf<Row> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly path: string;
  readonly view: (now: number) => View<{ readonly items: readonly Row[] }, Row>;
}

const pollEveryMs = 1000;

/** The list, then what changes in it, until interrupted or out of time. */
async function watch<Row>(
  terminal: Terminal,
  options: GetOptions,
  list: ListOf<Row>,
  read: () => Promise<ListPage<Row>>,
): Promise<void> {
  const giveUpAt = options.timeout === undefined ? Infinity : Date.now() + options.timeout;
  let known = new Map<string, string>();
  do {
    known = printChanges(terminal, options.output, await read(), list.view(Date.now()), known);
    await pause(Math.max(0, Math.min(pollEveryMs, giveUpAt - Date.now())), terminal.interrupted);
  } while (Date.now() < giveUpAt && !terminal.interrupted.aborted);
  // Ctrl-C only stops watching; the exit code still says that it was not the end.
  if (terminal.interrupted.aborted) throw new CommandFailed('TimedOut', 'interrupted');
}

function listCommand<Row>(terminal: Terminal, list: ListOf<Row>): Command {
  const command = withServer(
    new Command(list.name)
      .aliases(list.aliases)
      .description(`list ${list.name}`)
      .addOption(outputOption())
      .option('-w, --watch', 'then print what changes')
      .option('--timeout <duration>', 'with --watch: end after this long, like 30s', milliseconds),
  );
  if (list.name === 'processes') command.option('--active', 'only those that are not over');
  else command.option('--cluster <name>', 'only this cluster');
  return command.action(async (options: GetOptions) => {
    const server = serverOf(terminal, options);
    const query = { cluster: options.cluster, active: options.active };
    const read = () => everyItem<Row>(server, list.path, query);
    if (options.watch === true) await watch(terminal, options, list, read);
    else printView(terminal, options.output, await read(), list.view(Date.now()));
  });
}

export function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .description('list nodes, faults or processes')
    .addCommand(
      listCommand<NodeList['items'][number]>(terminal, {
        name: 'nodes',
        aliases: ['node', 'no'],
        path: '/v1/nodes',
        view: nodeView,
      }),
    )
    .addCommand(
      listCommand<FaultList['items'][number]>(terminal, {
        name: 'faults',
        aliases: ['fault'],
        path: '/v1/faults',
        view: faultView,
      }),
    )
    .addCommand(
      listCommand<ProcessList['items'][number]>(terminal, {
        name: 'processes',
        aliases: ['process', 'proc'],
        path: '/v1/processes',
        view: processView,
      }),
    );
}
