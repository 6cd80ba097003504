import { Command } from 'commander';

import type { FaultList, NodeList } from '../../services/console/forms/nodes.js';
import type { ProcessList } from '../../services/console/forms/processes.js';
import { printView, type View } from '../output/print.js';
import { faultView, nodeView, processView } from '../output/views.js';
import type { ServerClient } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { faultCondition, nodeCondition, processCondition, type Condition } from '../watch/condition.js';
import { faultRows, nodeRows, processRows, type RowsWanted, type RowSource } from '../watch/row-source.js';
import type { Placed } from '../watch/shown-rows.js';
import { refuseWithoutWatch, timeUpOf, type WatchOptions } from '../watch/watch-options.js';
import { watchRows } from '../watch/watch-rows.js';
import { withinTime } from '../within-time.js';
import { milliseconds, outputOption, serverOf, withServer, type OutputOptions } from './common.js';

interface GetOptions extends OutputOptions, WatchOptions {
  readonly cluster?: string;
  readonly node?: string;
  readonly active?: boolean;
}

interface ListOf<Row> {
  readonly name: string;
  readonly aliases: readonly string[];
  /** What `--until` takes, with an example. */
  readonly condition: { readonly like: string; readonly parse: (text: string) => Condition<Row> };
  readonly source: (server: ServerClient, wanted: RowsWanted) => RowSource<Row>;
  readonly view: (now: number) => View<{ readonly items: readonly Row[] }, Row>;
}

async function get<Row extends Placed>(
  terminal: Terminal,
  list: ListOf<Row>,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  refuseWithoutWatch(options);
  const { output, timeout, until: wish, cluster, node, active } = options;
  const wanted = { names, cluster, node, active };
  if (options.watch !== true) {
    const page = await list.source(serverOf(terminal, options), wanted).all();
    printView(terminal, output, page, list.view(Date.now()));
    return;
  }
  const until = wish === undefined ? undefined : list.condition.parse(wish);
  await withinTime(terminal, { timeoutMs: timeout, timeUp: timeUpOf(until) }, (limited, stop) => {
    const server = serverOf(limited, options);
    const source = list.source(server, wanted);
    const view = (): ReturnType<ListOf<Row>['view']> => list.view(Date.now());
    const watch = { source, output, view, ...(until === undefined ? {} : { until }) };
    return watchRows(limited, server, watch, stop);
  });
}

function listCommand<Row extends Placed>(terminal: Terminal, list: ListOf<Row>): Command {
  const command = withServer(
    new Command(list.name)
      .aliases(list.aliases)
      .description(`list ${list.name}`)
      .addOption(outputOption())
      .option('-w, --watch', 'then print what changes, also while the server is away for a time')
      .option('--until <condition>', `with --watch: end when all of them are so, like ${list.condition.like}`)
      .option(
        '--timeout <duration>',
        'with --watch: end after this long, like 30s, with exit code 5',
        milliseconds,
      ),
  );
  if (list.name === 'nodes') command.argument('[node...]', 'only these: NODE or CLUSTER/NODE');
  else command.option('--node <cluster/node>', 'only of this node');
  if (list.name === 'processes') command.argument('[process...]', 'only these: p-…');
  if (list.name === 'processes') command.option('--active', 'only those that are not over');
  else command.option('--cluster <name>', 'only this cluster');
  return command.action(() => get(terminal, list, command.args, command.opts<GetOptions>()));
}

export function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .description('list nodes, faults or processes')
    .addCommand(
      listCommand<NodeList['items'][number]>(terminal, {
        name: 'nodes',
        aliases: ['node', 'no'],
        condition: { like: 'health=healthy, stage=verifying or idle', parse: nodeCondition },
        source: nodeRows,
        view: nodeView,
      }),
    )
    .addCommand(
      listCommand<FaultList['items'][number]>(terminal, {
        name: 'faults',
        aliases: ['fault'],
        condition: { like: 'cleared', parse: faultCondition },
        source: faultRows,
        view: faultView,
      }),
    )
    .addCommand(
      listCommand<ProcessList['items'][number]>(terminal, {
        name: 'processes',
        aliases: ['process', 'proc'],
        condition: { like: 'ended, outcome=Recovered, stage=verifying or person', parse: processCondition },
        source: processRows,
        view: processView,
      }),
    );
}
