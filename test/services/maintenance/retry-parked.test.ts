import { describe, expect, it } from 'vitest';
import type { ParkedNode } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { retryParked } from '../../../services/maintenance/retry-parked.js';
import { loopOver } from './loop-over-moments.js';

const minute = 60_000;
const parkedNode = (changes: Partial<ParkedNode> = {}): ParkedNode => ({
  node: 'a/n1' as NodeKey,
  kind: 'failed',
  reason: 'broken',
  since: 0,
  attempts: 1,
  triedAt: 0,
  version: 7,
  waiting: 3,
  ...changes,
});

/** Runs the loop over these moments; the clock jumps from one to the next. Tells what was sent, with its id. */
async function sentAt(
  moments: readonly number[],
  parked: readonly ParkedNode[],
  release = '1.0.0',
): Promise<readonly { readonly reason: string; readonly id: string }[]> {
  const sent: { reason: string; id: string }[] = [];
  await retryParked({
    ...loopOver(moments),
    history: { parked: () => Promise.resolve(parked) },
    send: (_node, signal, id) => {
      if (signal.kind === 'RetryParked') sent.push({ reason: signal.reason, id });
      return Promise.resolve();
    },
    release,
    awaitParked: () => new Promise(() => undefined),
    lookAgainMs: 3_600_000,
  });
  return sent;
}

describe('parked nodes are tried again', () => {
  it('once when a release starts, under an id that a second start of it repeats and another release does not', async () => {
    const [first] = await sentAt([0], [parkedNode()]);
    const [second] = await sentAt([0], [parkedNode()]);
    const [newer] = await sentAt([0], [parkedNode()], '1.1.0');
    expect(first?.reason).toBe('release 1.0.0');
    expect(second?.id).toBe(first?.id);
    expect(newer?.id).not.toBe(first?.id);
  });

  it('then after a back-off that doubles with every attempt, each try under an id of its own', async () => {
    const sent = await sentAt([0, minute, 2 * minute, 3 * minute, 4 * minute], [parkedNode()]);
    expect([...new Set(sent.map(({ reason }) => reason))]).toEqual(['release 1.0.0', 'try 1', 'try 2']);
    const later = await sentAt([0, 2 * minute, 4 * minute], [parkedNode({ attempts: 2 })]);
    expect([...new Set(later.map(({ reason }) => reason))]).toEqual(['release 1.0.0', 'try 1']);
  });

  it('at least once an hour, however often it failed', async () => {
    const sent = await sentAt([0, 60 * minute], [parkedNode({ attempts: 500 })]);
    expect(sent.map(({ reason }) => reason)).toEqual(['release 1.0.0', 'try 1']);
  });
});
