import { Command } from 'commander';

import { orderKinds, type OrderKind } from '../../domain/signal.js';
import type { OrderReceipt } from '../../services/console/forms/processes.js';
import { awaitOrder } from '../await-order.js';
import { printDocument } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import {
  milliseconds,
  nodePath,
  orderBody,
  outputOption,
  serverOf,
  withServer,
  type ReasonedOptions,
} from './common.js';

interface GivenOptions extends ReasonedOptions {
  readonly wait: boolean;
  readonly timeout: number;
}

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
  const server = serverOf(terminal, options);
  const body = orderBody(terminal, options, { kind, reason: options.reason });
  const about = kind === 'retry' && process.includes('/') ? await nodePath(server, process) : undefined;
  const path = `${about ?? `/v1/processes/${encodeURIComponent(process)}`}/orders`;
  const receipt = await server.order<OrderReceipt>(path, body, 'OrderReceipt');
  const decided = receipt.status === 'sent' && options.wait;
  print(terminal, options, decided ? await awaitOrder(terminal, server, receipt, options.timeout) : receipt);
}

function kindCommand(terminal: Terminal, kind: OrderKind): Command {
  return withServer(
    new Command(kind)
      .description(descriptions[kind])
      .argument('<process>', kind === 'retry' ? 'p-…, or CLUSTER/NODE of a parked node' : 'p-…')
      .requiredOption('--reason <text>', 'stands in the journal')
      .option('--dry-run', 'only say what it would do')
      .option('--no-wait', 'do not wait until the order is decided')
      .option('--timeout <duration>', 'how long to wait for the decision, like 30s', milliseconds, 30_000)
      .addOption(outputOption(['table', 'json', 'yaml'])),
  ).action((process: string, options: GivenOptions) => giveOrder(terminal, kind, process, options));
}

export function orderCommand(terminal: Terminal): Command {
  const command = new Command('order').description('tell a process what to do; journaled with who and why');
  for (const kind of orderKinds) command.addCommand(kindCommand(terminal, kind));
  return command;
}
