import { Command } from 'commander';

import type { Replay } from '../../services/console/forms/nodes.js';
import { parseInstantMs } from '../../services/instant.js';
import { CommandFailed } from '../errors.js';
import { printView, printWhole } from '../output/print.js';
import { factView } from '../output/views.js';
import type { Terminal } from '../terminal.js';
import { factCondition } from '../watch/condition.js';
import { factsFrom, watchFacts } from '../watch/watch-facts.js';
import { refuseWithoutWatch, timeUpOf, type WatchOptions } from '../watch/watch-options.js';
import { withinTime } from '../within-time.js';
import {
  milliseconds,
  nodeNamed,
  nodePath,
  outputOption,
  serverOf,
  withServer,
  type OutputOptions,
} from './common.js';

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

type HistoryOptions = OutputOptions & WatchOptions;

async function history(terminal: Terminal, name: string, options: HistoryOptions): Promise<void> {
  refuseWithoutWatch(options);
  const { output, until: wish, timeout: timeoutMs } = options;
  if (options.watch !== true) {
    const server = serverOf(terminal, options);
    printView(terminal, output, await factsFrom(server, await nodePath(server, name), 1), factView);
    return;
  }
  const until = wish === undefined ? undefined : factCondition(wish);
  await withinTime(terminal, { timeoutMs, timeUp: timeUpOf(until) }, async (limited, stop) => {
    const server = serverOf(limited, options);
    const node = await nodeNamed(server, name);
    await watchFacts(limited, server, { node, nodePath: await nodePath(server, node), output, until }, stop);
  });
}

export function historyCommand(terminal: Terminal): Command {
  return withServer(
    new Command('history')
      .description('what happened to a node, fact by fact')
      .argument('<node>', 'NODE or CLUSTER/NODE')
      .option('-w, --watch', 'then print what happens, also while the server is away for a time')
      .option('--until <condition>', 'with --watch: end with the first such fact, like fact=ProcessEnded')
      .option(
        '--timeout <duration>',
        'with --watch: end after this long, like 30s, with exit code 5',
        milliseconds,
      )
      .addOption(outputOption()),
  ).action((name: string, options: HistoryOptions) => history(terminal, name, options));
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
      .option('--at <time>', 'a time like 2026-01-31T08:00:00Z; without it: now')
      .option('--verify', 'compare the folded facts with the stored state; exit 6 if they differ'),
  ).action(async (name: string, options: ReplayOptions) => {
    const { at, verify } = options;
    if (at !== undefined && parseInstantMs(at) === undefined) {
      throw new CommandFailed('Usage', `--at ${at} is no time`, 'write it like 2026-01-31T08:00:00Z');
    }
    if (at !== undefined && verify === true) {
      throw new CommandFailed('Usage', '--verify compares with the present: leave --at away');
    }
    const server = serverOf(terminal, options);
    const document = await server.get<Replay>(`${await nodePath(server, name)}/replay`, { at });
    printWhole(terminal, options.output, document);
    if (verify === true && document.sameAsStored !== true) {
      throw new CommandFailed(
        'Differs',
        `the facts of ${name} do not give its stored state`,
        'keep both outputs and report it: the journal must never contradict itself',
      );
    }
  });
}
