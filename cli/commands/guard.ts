import { Command, Option } from 'commander';

import { operations, type Operation } from '../../domain/command.js';
import { faultTypes, type FaultType } from '../../domain/fault.js';
import {
  verdictVerbs,
  type GuardPolicyItem,
  type GuardReceipt,
  type NewFreeze,
  type PastPauseItem,
  type PauseVerdict,
  type VerdictItem,
  type VerdictVerb,
} from '../../services/console/forms/guard.js';
import { guardNodeText } from '../output/guard-node-text.js';
import { guardPoliciesView, pauseHistoryView, printGuard, verdictsView } from '../output/guard-views.js';
import { printDocument, printView } from '../output/print.js';
import { printable } from '../output/table.js';
import type { ToldGuard, ToldGuardNode } from '../output/told-by-server.js';
import { whereText } from '../output/where-text.js';
import type { Terminal } from '../terminal.js';
import { given, labelOption } from './given.js';
import { askCommand } from './guard-ask.js';
import { changesCommand, doneCommand, heartbeatCommand } from './guard-changes.js';
import { simulateGuardCommand } from './guard-simulate.js';
import {
  everyItem,
  nodePath,
  orderBody,
  outputOption,
  serverOf,
  withServer,
  type OrderOptions,
  type OutputOptions,
  type ReasonedOptions,
} from './common.js';

interface FreezeOptions extends ReasonedOptions {
  readonly cluster?: string[];
  readonly pool?: string[];
  readonly zone?: string[];
  readonly label?: Record<string, string[]>;
  readonly node?: string[];
  readonly faultType?: FaultType[];
  readonly reporter?: string[];
  readonly owner?: string[];
  readonly operation?: Operation[];
  readonly for?: string;
  readonly until?: string;
  readonly everything?: true;
}

/** What became of an order, in one line. */
function receiptText({ id, verb, changed, dryRun, pause, nodes }: GuardReceipt): string {
  const { denied } = pause.incident ?? pause.regression ?? {};
  if (verb === 'deny' && !changed && denied !== undefined)
    return `${id} was denied before, by ${denied.by}: ${denied.reason}`;
  const past = { freeze: 'frozen', thaw: 'thawed', approve: 'approved', deny: 'denied' }[verb];
  const told = dryRun ? `would be ${past}` : past;
  if (verb !== 'freeze') return `${id} ${told}`;
  const end = pause.until === undefined ? 'until it is thawed' : `until ${pause.until}`;
  return `${dryRun ? '' : `${id} `}${told} ${end}: ${whereText(pause.where)} (${nodes ?? 0} nodes now)`;
}

async function give(
  terminal: Terminal,
  options: OrderOptions,
  path: string,
  order: NewFreeze | PauseVerdict,
): Promise<void> {
  const server = serverOf(terminal, options);
  const body = orderBody(terminal, options, order);
  const receipt = await server.order<GuardReceipt>(path, body, 'GuardReceipt');
  const { output } = options;
  if (output === 'table') terminal.out(`${printable(receiptText(receipt))}\n`);
  else printDocument(terminal, output, receipt);
  if (receipt.nodes === 0)
    terminal.err('The inventory knows no node there: look whether each name is right.\n');
}

function ordering(command: Command): Command {
  return withServer(
    command
      .requiredOption('--reason <text>', 'stands in the journal')
      .option('--dry-run', 'only say what it would do')
      .addOption(outputOption(['table', 'json', 'yaml'])),
  );
}

function statusCommand(terminal: Terminal): Command {
  const command = new Command('status')
    .description('pauses in force, what waits for leave and why, and budgets in use')
    .addOption(outputOption(['table', 'wide', 'json', 'yaml']));
  return withServer(command).action(async (options: OutputOptions) => {
    const { output } = options;
    const document = await serverOf(terminal, options).get<ToldGuard>('/v1/guard');
    if (output === 'json' || output === 'yaml') printDocument(terminal, output, document);
    else printGuard(terminal, document, { wide: output === 'wide', now: Date.now() });
  });
}

function whyCommand(terminal: Terminal): Command {
  const command = new Command('why')
    .description('why nothing happens to a node: what waits for leave there, and which pauses hold')
    .argument('<node>', 'NODE or CLUSTER/NODE')
    .addOption(outputOption(['table', 'json', 'yaml']));
  return withServer(command).action(async (name: string, options: OutputOptions) => {
    const { output } = options;
    const server = serverOf(terminal, options);
    const document = await server.get<ToldGuardNode>(await nodePath(server, name, '/v1/guard/nodes'));
    if (output === 'json' || output === 'yaml') printDocument(terminal, output, document);
    else terminal.out(guardNodeText(document, Date.now()));
  });
}

function historyCommand(terminal: Terminal): Command {
  const command = new Command('history')
    .description('every pause that there was, the newest first, with who ended it and why')
    .addOption(outputOption());
  return withServer(command).action(async (options: OutputOptions) => {
    const list = await everyItem<PastPauseItem>(serverOf(terminal, options), '/v1/guard/pauses');
    printView(terminal, options.output, list, pauseHistoryView(Date.now()));
  });
}

function verdictsCommand(terminal: Terminal): Command {
  const command = new Command('verdicts')
    .description('what business metrics were recorded to say, with the numbers, the newest first')
    .argument('[metric]', 'only this one')
    .addOption(outputOption());
  return withServer(command).action(async (metric: string | undefined, options: OutputOptions) => {
    const query = metric === undefined ? {} : { metric };
    const list = await everyItem<VerdictItem>(serverOf(terminal, options), '/v1/guard/verdicts', query);
    printView(terminal, options.output, list, verdictsView(Date.now()));
  });
}

function policiesCommand(terminal: Terminal): Command {
  const command = new Command('policies')
    .description('every policy that the guard went by, the newest first; -o json shows what each says')
    .addOption(outputOption());
  return withServer(command).action(async (options: OutputOptions) => {
    const list = await everyItem<GuardPolicyItem>(serverOf(terminal, options), '/v1/guard/policies');
    printView(terminal, options.output, list, guardPoliciesView(Date.now()));
  });
}

function freezeCommand(terminal: Terminal): Command {
  const command = new Command('freeze')
    .description('let nothing risky begin somewhere; what makes things better goes on')
    .option('--cluster <names...>', 'only in these clusters; each of these may be given several times')
    .option('--pool <names...>', 'only in these pools')
    .option('--zone <names...>', 'only in these zones')
    .addOption(labelOption())
    .option('--node <cluster/node...>', 'only these nodes')
    .addOption(new Option('--fault-type <types...>', 'only because of these faults').choices(faultTypes))
    .option('--reporter <names...>', 'only because of what these reported first')
    .option('--owner <names...>', 'only what these want to do')
    .addOption(new Option('--operation <names...>', 'only these operations').choices(operations))
    .option('--everything', 'everywhere: has to be said')
    .option('--for <duration>', 'ends by itself after so long, like 2h')
    .option('--until <time>', 'ends by itself then, like 2026-01-31T08:00:00Z');
  return ordering(command).action(async (options: FreezeOptions) => {
    const { cluster, pool, zone, label, node, faultType, reporter, owner } = options;
    const where = given({
      ...{ clusters: cluster, pools: pool, zones: zone, labels: label, nodes: node },
      ...{ faultTypes: faultType, reporters: reporter, owners: owner },
    });
    const { everything, operation, reason, for: lasting, until } = options;
    const rest = given({ everything, operations: operation, for: lasting, until });
    await give(terminal, options, '/v1/guard/freezes', { where, reason, ...rest });
  });
}

const verdictDescriptions: Readonly<Record<VerdictVerb, string>> = {
  thaw: 'end a pause: work goes on there',
  approve: 'go on: an incident is real, or changes are not why a metric is bad; the pause ends',
  deny: 'take back what was begun: the nodes are well, or changes do harm; the pause stays',
};

function verdictCommand(terminal: Terminal, verb: VerdictVerb): Command {
  const command = new Command(verb)
    .description(verdictDescriptions[verb])
    .argument('<pause>', 'z-…, as `status` lists it');
  return ordering(command).action(async (pause: string, options: ReasonedOptions) => {
    const path = `/v1/guard/pauses/${encodeURIComponent(pause)}/${verb}`;
    await give(terminal, options, path, { reason: options.reason });
  });
}

export function guardCommand(terminal: Terminal): Command {
  const command = new Command('guard').description('the change guard: what may not begin now, and why');
  for (const child of [
    statusCommand(terminal),
    whyCommand(terminal),
    freezeCommand(terminal),
    ...verdictVerbs.map((verb) => verdictCommand(terminal, verb)),
    historyCommand(terminal),
    verdictsCommand(terminal),
    askCommand(terminal),
    heartbeatCommand(terminal),
    doneCommand(terminal),
    policiesCommand(terminal),
    changesCommand(terminal),
    simulateGuardCommand(terminal),
  ])
    command.addCommand(child);
  return command;
}
