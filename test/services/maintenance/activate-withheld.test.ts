import { describe, expect, it } from 'vitest';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import { activateWithheld } from '../../../services/maintenance/activate-withheld.js';
import type { Policy } from '../../../workflows/policy.js';
import { activePolicy, DecidedNode, observePolicy, poolInObserve } from './decide/decided-node.js';
import { loopOver } from './loop-over-moments.js';

const hour = 3_600_000;

/** A node whose fault was withheld while everything was in observe. */
function withheld(name: string, changes: Partial<NodeState> = {}): NodeState {
  const node = new DecidedNode(observePolicy);
  node.report('KernelDeadlock');
  node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
  return { ...node.state, node: `a/${name}` as NodeKey, ...changes };
}

/** Looks at these nodes at these moments, two a page. Tells whom it told, under which id. */
async function toldAt(
  moments: readonly number[],
  states: readonly NodeState[],
  policy: Policy = activePolicy,
): Promise<readonly { readonly node: string; readonly id: string }[]> {
  const sent: { node: string; id: string }[] = [];
  await activateWithheld({
    ...loopOver(moments),
    history: {
      states: ({ after, limit }) => {
        expect(limit).toBeGreaterThan(1);
        const from = Number(after ?? 0);
        const rows = states.slice(from, from + 2);
        return Promise.resolve({
          rows,
          ...(from + 2 < states.length ? { next: String(from + 2) } : {}),
        });
      },
    },
    policy,
    send: (node, signal, id) => {
      expect(signal).toEqual({ kind: 'ModeActivated', policy: policy.version });
      sent.push({ node, id });
      return Promise.resolve();
    },
    everyMs: hour,
  });
  return sent;
}

const nodesOf = (sent: readonly { readonly node: string }[]): readonly string[] =>
  sent.map(({ node }) => node);

describe('nodes whose faults were withheld are told that their mode is active', () => {
  it('given many, then each of them once, whatever page it is on', async () => {
    const states = ['n1', 'n2', 'n3', 'n4', 'n5'].map((name) => withheld(name));
    expect(nodesOf(await toldAt([0], states))).toEqual(['a/n1', 'a/n2', 'a/n3', 'a/n4', 'a/n5']);
  });

  it('given the mode is still observe, of all or of the pool, then nobody', async () => {
    expect(await toldAt([0], [withheld('n1')], observePolicy)).toEqual([]);
    expect(await toldAt([0], [withheld('n1', { pool: 'gpu' })], poolInObserve)).toEqual([]);
    expect(await toldAt([0], [withheld('n1', { pool: 'web' })], poolInObserve)).toHaveLength(1);
  });

  it('given a process is at work, or the node is gone or parked, then not these', async () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const parked = { kind: 'failed' as const, reason: 'broken', since: 0, attempts: 1, triedAt: 0 };
    const states = [withheld('n1', { process: node.process }), withheld('n2', { deleted: true })];
    expect(await toldAt([0], [...states, withheld('n3', { parked })])).toEqual([]);
  });

  it('given several copies look in one period, then under one id; in the next period under another', async () => {
    const [first, second] = [await toldAt([10], [withheld('n1')]), await toldAt([20], [withheld('n1')])];
    expect(second).toEqual(first);
    const ids = (await toldAt([10, hour + 10], [withheld('n1')])).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});
