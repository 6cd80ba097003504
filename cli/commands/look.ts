import { Command } from 'commander';

import type { FactItem, FactList, Replay } from '../../services/console/forms/nodes.js';
import { CommandFailed } from '../errors.js';
import { printView, printWhole } from '../output/print.js';
import { factView } from '../output/views.js';
import type { Terminal } from '../terminal.js';
import { nodePath, outputOption, serverOf, withServer, type OutputOptions } from './common.js';

function withForms(command: Command): Command {
  return withServer(command.addOption(outputOption(['table', 'json', 'jsonl', 'yaml'])));
}

export function describeCommand(terminal: Terminal): Command {
  const node = withForms(new Command('node').argument('<name>', 'NODE or CLUSTER/NODE')).action(
    async (name: string, options: OutputOptions) => {
      const server = serverOf(terminal, options);
      printWhole(terminal, options.output, await server.get(await nodePath(server, name)));
    },
  );
  const process = withForms(new Command('process').argument('<process>', 'p-…')).action(
    async (id: string, options: OutputOptions) => {
      const server = serverOf(terminal, options);
      printWhole(terminal, options.output, await server.get(`/v1/processes/${encodeURIComponent(id)}`));
    },
  );
  return new Command('describe')
    .description('all that is known of a node or a process')
    .addCommand(node)
    .addCommand(process);
}

export function historyCommand(terminal: Terminal): Command {
  return withServer(
    new Command('history')
      .description('what happened to a node, fact by fact')
      .argument('<node>', 'NODE or CLUSTER/NODE')
      .addOption(outputOption()),
  ).action(async (name: string, options: OutputOptions) => {
    const server = serverOf(terminal, options);
    const path = `${await nodePath(server, name)}/history`;
    const items: FactItem[] = [];
    for (;;) {
      const page: FactList = await server.get(path, { from: items.length + 1, limit: 1000 });
      items.push(...page.items);
      if (page.items.length < 1000) {
        printView(terminal, options.output, { ...page, items }, factView);
        return;
      }
    }
  });
}

interface ReplayOptions extends OutputOptions {
  readonly at?: string;
  readonly verify?: boolean;
}

export function replayCommand(terminal: Terminal): Command {
  return withForms(
    new Command('replay')
      .description('the state of a node at a moment, folded from its facts; causes nothing')
      .argument('<node>', 'NODE or CLUSTER/NODE')
      .option('--at <time>', 'RFC 3339, UTC; without it: now')
      .option('--verify', 'compare the folded facts with the stored state; exit 6 if they differ'),
  ).action(async (name: string, options: ReplayOptions) => {
    const { at, verify } = options;
    if (at !== undefined && Number.isNaN(Date.parse(at))) {
      throw new CommandFailed('Usage', `--at ${at} is no time`, 'write it like 2026-01-31T08:00:00Z');
    }
    if (at !== undefined && verify === true) {
      throw new CommandFailed('Usage', '--verify compares with the present: leave --at away');
    }
    const server = serverOf(terminal, options);
    const document = await server.get<Replay>(`${await nodePath(server, name)}/replay`, { at });
    printWhole(terminal, options.output, document);
    if (verify === true && document.sameAsStored !== true) {
      throw new CommandFailed('Differs', `the facts of ${name} do not give its stored state`);
    }
  });
}
