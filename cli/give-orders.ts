import type { OrderKind } from '../domain/signal.js';
import type { OrderReceipt, ProcessItem } from '../services/console/forms/processes.js';
import { awaitOrder } from './await-order.js';
import { orderBody, type ReasonedOptions } from './commands/common.js';
import { asCommandFailed } from './errors.js';
import type { OrderedProcess } from './forms/order-batch.js';
import { conflictStatus, type ServerClient } from './server-client.js';
import type { Terminal } from './terminal.js';
import { WaitingLines } from './waiting-lines.js';

/** One order, as it is given to each of many. */
export interface OrderToMany {
  readonly kind: OrderKind;
  readonly key: string;
  readonly options: ReasonedOptions;
}

type Selected = Pick<ProcessItem, 'processId' | 'cluster' | 'node' | 'stage'>;

/** What became of one process, and the receipt by which its decision is found. */
export interface Told {
  readonly item: OrderedProcess;
  readonly receipt?: OrderReceipt;
}

function itemOf({ processId, cluster, node, stage }: Selected, more: Omit<OrderedProcess, keyof Selected>) {
  return { processId, cluster, node, stage, ...more };
}

/** Tells one process, or looks what that would do. What it does not take is a result as well. */
export async function tell(
  terminal: Terminal,
  server: ServerClient,
  { kind, key, options }: OrderToMany,
  process: Selected,
): Promise<Told> {
  const body = orderBody(terminal, options, { kind, reason: options.reason });
  const path = `/v1/processes/${encodeURIComponent(process.processId)}/orders`;
  try {
    const receipt = await server.order<OrderReceipt>(path, body, 'OrderReceipt', { 'idempotency-key': key });
    const { status, effect, before } = receipt;
    return {
      receipt,
      item: itemOf(process, { status, effect, ...(before === undefined ? {} : { before }) }),
    };
  } catch (error) {
    const failure = asCommandFailed(error);
    if (failure.cause !== conflictStatus) throw failure;
    return { item: itemOf(process, { status: 'refused', refusal: failure.message }) };
  }
}

/** Waits until it is decided what was sent. */
export async function decided(terminal: Terminal, server: ServerClient, told: Told): Promise<OrderedProcess> {
  const { item, receipt } = told;
  if (receipt?.status !== 'sent') return item;
  try {
    const { status } = await awaitOrder(terminal, server, receipt, new WaitingLines(terminal));
    return { ...item, status };
  } catch (error) {
    const failure = asCommandFailed(error);
    if (failure.code !== 'Refused') throw failure;
    return { ...item, status: 'refused', refusal: failure.message };
  }
}
