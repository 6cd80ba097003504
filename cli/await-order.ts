import type { FactItem, FactList } from '../services/console/forms/nodes.js';
import type { OrderReceipt } from '../services/console/forms/processes.js';
import { CommandFailed } from './errors.js';
import type { ServerClient } from './server-client.js';
import { pause } from './pause.js';
import type { Terminal } from './terminal.js';

const pollEveryMs = 200;

/** What the journal made of the order, if it has decided yet. */
async function decisionOf(server: ServerClient, receipt: OrderReceipt): Promise<FactItem | undefined> {
  const node = `${encodeURIComponent(receipt.cluster)}/${encodeURIComponent(receipt.node)}`;
  const path = `/v1/nodes/${node}/history`;
  const { items } = await server.get<FactList>(path, { from: receipt.factVersion + 1, limit: 1000 });
  return items.find(({ causeId }) => causeId === receipt.causeId);
}

function refusedMeanwhile({ processId, cluster, node, order }: OrderReceipt, fact: FactItem): CommandFailed {
  const refusal = 'refusal' in fact.data ? `: ${String(fact.data.refusal)}` : '';
  const about = processId === undefined ? `node ${cluster}/${node}` : `process ${processId}`;
  return new CommandFailed(
    'Refused',
    `${about} did not take ${order}${refusal}`,
    `look at \`faultline describe ${about}\``,
  );
}

/**
 * Waits until a sent order is decided. The order works on when this stops waiting.
 * @returns the receipt with status `taken`
 * @throws CommandFailed Refused when the journal refused it, TimedOut
 */
export async function awaitOrder(
  terminal: Terminal,
  server: ServerClient,
  receipt: OrderReceipt,
  timeoutMs: number,
): Promise<OrderReceipt> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const fact = await decisionOf(server, receipt);
    if (fact?.type === 'OrderRefused' || fact?.type === 'SignalIgnoredAsStale') {
      throw refusedMeanwhile(receipt, fact);
    }
    if (fact !== undefined) return { ...receipt, status: 'taken' };
    if (Date.now() >= giveUpAt || terminal.interrupted.aborted) {
      throw new CommandFailed(
        'TimedOut',
        `the order was sent, but is not decided after ${timeoutMs / 1000} s`,
      );
    }
    await pause(pollEveryMs, terminal.interrupted);
  }
}
