import { Command, Option } from 'commander';

import { faultTypes } from '../../domain/fault.js';
import { workflowNames } from '../../domain/node-state.js';
import { orderKinds, type OrderKind } from '../../domain/signal.js';
import type { OrderReceipt, ProcessItem } from '../../services/console/forms/processes.js';
import { awaitOrder } from '../await-order.js';
import { awaitProcess } from '../await-process.js';
import { CommandFailed } from '../errors.js';
import { printDocument } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import { WaitingLines } from '../waiting-lines.js';
import { processCondition, type Condition } from '../watch/condition.js';
import { withinTime } from '../within-time.js';
import { stages } from '../../workflows/orders.js';
import {
  milliseconds,
  nodePath,
  orderBody,
  outputOption,
  serverOf,
  wholeNumber,
  withServer,
} from './common.js';
import { orderMany, selectsMany, type ManyOptions } from './order-many.js';

interface GivenOptions extends ManyOptions {
  readonly until?: string;
}

const usualTimeoutMs = 30_000;

const descriptions: Readonly<Record<OrderKind, string>> = {
  retry: 'begin the present workflow again; of a parked node: try again what waits for it',
  skip: 'go on to verification; nothing skips that',
  abort: 'end the process and take the node over',
  repaired: 'say that the machine has been repaired',
  dismiss: 'a false alarm: take back what was begun, look, and give the node back',
};

function print(terminal: Terminal, { output }: GivenOptions, receipt: OrderReceipt): void {
  const { processId, cluster, node, order, status, effect } = receipt;
  if (output === 'table')
    terminal.out(`${processId ?? `${cluster}/${node}`} ${order} ${status}: ${effect}\n`);
  else printDocument(terminal, output, receipt);
}

async function giveOrder(terminal: Terminal, kind: OrderKind, process: string, options: GivenOptions) {
  const until = untilOf(options, process);
  const server = serverOf(terminal, options);
  const body = orderBody(terminal, options, { kind, reason: options.reason });
  const about = kind === 'retry' && process.includes('/') ? await nodePath(server, process) : undefined;
  const path = `${about ?? `/v1/processes/${encodeURIComponent(process)}`}/orders`;
  const receipt = await server.order<OrderReceipt>(path, body, 'OrderReceipt');
  if (receipt.status === 'sent' && options.wait) await waitFor(terminal, receipt, until, options);
  else print(terminal, options, receipt);
}

/** @throws CommandFailed Usage */
function untilOf({ until, wait, dryRun }: GivenOptions, process: string): Condition<ProcessItem> | undefined {
  if (until === undefined) return undefined;
  if (!wait || dryRun === true)
    throw new CommandFailed('Usage', '--until waits', 'leave out --no-wait and --dry-run');
  if (process.includes('/'))
    throw new CommandFailed('Usage', '--until is about a process', 'name a process, p-…');
  return processCondition(until);
}

/** Until the order is taken, then until the process is as wanted. @throws CommandFailed Refused, TimedOut, Differs */
async function waitFor(
  terminal: Terminal,
  receipt: OrderReceipt,
  until: Condition<ProcessItem> | undefined,
  options: GivenOptions,
): Promise<void> {
  const timeoutMs = options.timeout ?? (until === undefined ? usualTimeoutMs : undefined);
  let status = receipt.status;
  let waiting = '';
  const timeUp = (span: string): string =>
    status === 'sent'
      ? `the order was sent, but is not decided after ${span}`
      : `${until?.text ?? ''} was not reached within ${span}: ${waiting}`;
  await withinTime(terminal, { timeoutMs, timeUp }, async (limited) => {
    const server = serverOf(limited, options);
    const lines = new WaitingLines(limited);
    const taken = await awaitOrder(limited, server, receipt, lines);
    if (limited.interrupted.aborted) return;
    ({ status } = taken);
    print(limited, options, taken);
    const { processId } = taken;
    if (until === undefined || processId === undefined) return;
    const onWaiting = (text: string): void => {
      waiting = text;
    };
    const reached = await awaitProcess(limited, server, { processId, until, lines, onWaiting });
    if (reached !== undefined && options.output === 'table')
      terminal.out(`${processId} ${reached.outcome ?? reached.stage}\n`);
  }).catch((error: unknown) => {
    if (terminal.interrupted.aborted)
      terminal.err(`no longer watched; the order is ${status}, and goes its way\n`);
    throw error;
  });
}

/** One process by its name, or many. @throws CommandFailed Usage */
async function give(
  terminal: Terminal,
  kind: OrderKind,
  process: string | undefined,
  options: GivenOptions,
): Promise<void> {
  const many = selectsMany(options);
  if (many === (process !== undefined))
    throw new CommandFailed('Usage', 'say which: a process, or many by --all or parts', 'one of the two');
  if (process !== undefined) await giveOrder(terminal, kind, process, options);
  else if (options.until === undefined) await orderMany(terminal, kind, options);
  else throw new CommandFailed('Usage', '--until is about one process', 'watch many with `get processes`');
}

/** The options of an order to many. */
function forMany(command: Command): Command {
  return command
    .option('--all', 'every active process; or say which of them:')
    .option('--cluster <name>', 'those of this cluster')
    .option('--node <cluster/node>', 'that of this node')
    .addOption(new Option('--fault-type <type>', 'those of this fault').choices(faultTypes))
    .addOption(new Option('--workflow <name>', 'those that run this workflow').choices(workflowNames))
    .addOption(new Option('--stage <name>', 'those in this stage').choices(stages))
    .option('--yes', 'of many: it is meant')
    .option(
      '--expect-count <n>',
      'of many: how many are to be told; if they are not so many, nothing is done',
      wholeNumber,
    )
    .option(
      '--key <text>',
      'of many: under the same key none is told twice, however often this is run (else one is made up)',
    );
}

function kindCommand(terminal: Terminal, kind: OrderKind): Command {
  const command = new Command(kind)
    .description(descriptions[kind])
    .argument('[process]', kind === 'retry' ? 'p-…, or CLUSTER/NODE of a parked node' : 'p-…')
    .requiredOption('--reason <text>', 'stands in the journal')
    .option('--dry-run', 'only say what it would do')
    .option('--no-wait', 'do not wait until the order is decided')
    .option(
      '--until <condition>',
      'wait on until the process is so, like ended, outcome=Recovered, stage=verifying or person',
    )
    .option(
      '--timeout <duration>',
      'how long to wait, like 10m; 30s for the decision, if nothing else is waited for',
      milliseconds,
    )
    .addOption(outputOption(['table', 'json', 'yaml']));
  return withServer(forMany(command)).action((process: string | undefined, options: GivenOptions) =>
    give(terminal, kind, process, options),
  );
}

export function orderCommand(terminal: Terminal): Command {
  const command = new Command('order').description('tell a process what to do; journaled with who and why');
  for (const kind of orderKinds) command.addCommand(kindCommand(terminal, kind));
  return command;
}
