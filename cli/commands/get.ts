import { Command } from 'commander';

import type { FaultList, NodeList } from '../../services/console/forms/nodes.js';
import type { ProcessList } from '../../services/console/forms/processes.js';
import { printView, type View } from '../output/print.js';
import { faultView, nodeView, processView } from '../output/views.js';
import type { Terminal } from '../terminal.js';
import {
  everyItem,
  outputOption,
  serverOf,
  serverOption,
  tokenOption,
  type OutputOptions,
} from './common.js';

interface GetOptions extends OutputOptions {
  readonly cluster?: string;
  readonly active?: boolean;
}

function listCommand<Document extends { readonly items: readonly Row[] }, Row>(
  terminal: Terminal,
  list: {
    readonly name: string;
    readonly aliases: readonly string[];
    readonly path: string;
    readonly view: (now: number) => View<Document, Row>;
  },
): Command {
  const command = new Command(list.name)
    .aliases(list.aliases)
    .description(`list ${list.name}`)
    .addOption(outputOption())
    .addOption(serverOption())
    .addOption(tokenOption());
  if (list.name === 'processes') command.option('--active', 'only those that are not over');
  else command.option('--cluster <name>', 'only this cluster');
  return command.action(async (options: GetOptions) => {
    const server = serverOf(terminal, options);
    const query = { cluster: options.cluster, active: options.active };
    const document = (await everyItem<Row>(server, list.path, query)) as unknown as Document;
    printView(terminal, options.output, document, list.view(Date.now()));
  });
}

export function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .description('list nodes, faults or processes')
    .addCommand(
      listCommand<NodeList, NodeList['items'][number]>(terminal, {
        name: 'nodes',
        aliases: ['node', 'no'],
        path: '/v1/nodes',
        view: nodeView,
      }),
    )
    .addCommand(
      listCommand<FaultList, FaultList['items'][number]>(terminal, {
        name: 'faults',
        aliases: ['fault'],
        path: '/v1/faults',
        view: faultView,
      }),
    )
    .addCommand(
      listCommand<ProcessList, ProcessList['items'][number]>(terminal, {
        name: 'processes',
        aliases: ['process', 'proc'],
        path: '/v1/processes',
        view: processView,
      }),
    );
}
