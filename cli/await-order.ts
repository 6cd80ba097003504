import type { FactItem, FactList } from '../services/console/forms/nodes.js';
import type { OrderReceipt } from '../services/console/forms/processes.js';
import { CommandFailed } from './errors.js';
import type { ServerClient } from './server-client.js';
import { pause } from './pause.js';
import { Patience } from './patience.js';
import type { Terminal } from './terminal.js';
import type { WaitingLines } from './waiting-lines.js';

const pollEveryMs = 200;
/** So soon nobody asks what is waited for. */
const quietMs = 1_000;

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
 * @returns the receipt with status `taken`; as it was, when it is interrupted before
 * @throws CommandFailed Refused when the journal refused it
 */
export async function awaitOrder(
  terminal: Terminal,
  server: ServerClient,
  receipt: OrderReceipt,
  lines: WaitingLines,
): Promise<OrderReceipt> {
  const patience = new Patience(terminal);
  const since = performance.now();
  while (!terminal.interrupted.aborted) {
    const fact = await patience.untilAnswered(() => decisionOf(server, receipt));
    if (fact?.type === 'OrderRefused' || fact?.type === 'SignalIgnoredAsStale') {
      throw refusedMeanwhile(receipt, fact);
    }
    if (fact !== undefined) return { ...receipt, status: 'taken' };
    if (performance.now() - since > quietMs)
      lines.tell(`${receipt.cluster}/${receipt.node}: ${receipt.order} is sent and waits to be decided`);
    await pause(pollEveryMs, terminal.interrupted);
  }
  return receipt;
}
