import { describe, expect, it } from 'vitest';
import type { ClusterName, NodeName } from '../../../domain/identifiers.js';
import { nodeKey } from '../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';
import type { OrderSignal } from '../../../services/console/give-order.js';
import { retryNode } from '../../../services/console/retry-node.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';

const names = { cluster: 'a' as ClusterName, node: 'n1' as NodeName };
const known = emptyNodeState(nodeKey(names.cluster, names.node));
const parked: NodeState = {
  ...known,
  version: 4,
  parked: { kind: 'failed', reason: 'a mistake', since: 1, attempts: 1, triedAt: 1 },
};

async function order(state: NodeState, kind: 'retry' | 'abort', dryRun = false) {
  const sent: OrderSignal[] = [];
  const { history } = createMemoryJournal(defaultOptions(new TestClock()));
  history.state = () => Promise.resolve(state);
  const sendOrder = (_node: unknown, signal: OrderSignal) => {
    sent.push(signal);
    return Promise.resolve({ causeId: 'c-1' });
  };
  const receipt = await retryNode({ history, sendOrder }, names, { kind, reason: 'mended', dryRun }, 'anna');
  return { receipt, sent };
}

describe('an order to retry a parked node', () => {
  it('goes in by the log, with who gave it and why', async () => {
    const { receipt, sent } = await order(parked, 'retry');
    expect(sent).toEqual([{ kind: 'RetryParked', reason: 'mended', subject: 'anna' }]);
    expect(receipt).toMatchObject({ stage: 'parked', status: 'sent', causeId: 'c-1', factVersion: 4 });
    expect(receipt).not.toHaveProperty('processId');
  });

  it('sends nothing when it is only a preview', async () => {
    expect(await order(parked, 'retry', true)).toMatchObject({ receipt: { status: 'preview' }, sent: [] });
  });

  it('is refused for a node that is not parked, and so is any other order', async () => {
    await expect(order(known, 'retry')).rejects.toMatchObject({ code: 'OrderNotTaken' });
    await expect(order(parked, 'abort')).rejects.toMatchObject({ code: 'OrderNotTaken' });
  });
});
