import { describe, expect, it } from 'vitest';
import type { BootId, NodeUid } from '../../../../domain/identifiers.js';
import { activePolicy, DecidedNode, observePolicy, poolInObserve, told } from './decided-node.js';

const appeared = { change: 'appeared' as const, nodeUid: 'u1' as NodeUid, bootId: 'b1' as BootId };
const relabelled = { ...appeared, change: 'relabelled' as const };

function nodeIn(pool: string): DecidedNode {
  const node = new DecidedNode(poolInObserve);
  node.change({ ...appeared, pool });
  return node;
}

/** The executor reads the node at the claim, and its pool withholds. */
function withheldAtTheClaim(node: DecidedNode): void {
  const observation = { ...node.observation(), pool: 'gpu' };
  node.answer('isolateNode', 'withheld', { reason: 'PoolModeObserve', observation });
}

describe('a pool in observe', () => {
  it('given the pool is known, when a fault opens, then its process only observes, as for a cluster in observe', () => {
    const node = nodeIn('gpu');
    node.report('DiskFailure');
    expect(node.process.context.mode).toBe('observe');
    expect(nodeIn('web').report('DiskFailure').state.process?.context.mode).toBe('active');
  });

  it('given it was withheld, when the fault is reported again, then that is a repeat and no second process', () => {
    const node = nodeIn('gpu');
    node.report('DiskFailure');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    expect(node.outcome).toBe('Cancelled');
    const again = node.report('DiskFailure');
    expect(again.report?.fate).toBe('repeated');
    expect(told(again)).toEqual({ facts: [], commands: [] });
    expect(node.facts.filter(({ type }) => type === 'ProcessStarted')).toHaveLength(1);
  });

  it('given the pool was not known, when the claim is withheld, then it is learnt: still one process', () => {
    const node = new DecidedNode(poolInObserve);
    node.report('DiskFailure');
    expect(node.process.context.mode).toBe('active');
    withheldAtTheClaim(node);
    expect(node.state.pool).toBe('gpu');
    for (let times = 0; times < 3; times += 1) node.report('DiskFailure');
    expect(node.facts.filter(({ type }) => type === 'ProcessStarted')).toHaveLength(1);
  });

  it('given it was withheld, when the pool becomes active and the fault is reported again, then it is taken up', () => {
    const node = nodeIn('gpu');
    node.report('DiskFailure');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    node.policy = activePolicy;
    expect(node.report('DiskFailure').report?.fate).toBe('recurred');
    expect(node.process.context.mode).toBe('active');
  });

  it('given a node moves to another pool, then that is a fact, once', () => {
    const node = nodeIn('gpu');
    expect(told(node.change({ ...relabelled, pool: 'web' })).facts).toEqual(['NodeRelabelled']);
    expect(told(node.change({ ...relabelled, pool: 'web' })).facts).toEqual([]);
    expect(node.state.pool).toBe('web');
    expect(told(node.change(relabelled)).facts).toEqual(['NodeRelabelled']);
    expect(node.state).not.toHaveProperty('pool');
  });
});

describe('a pool or fault type that is active under a default of observe: it did nothing', () => {
  const poolActive = {
    ...observePolicy,
    mode: { ...observePolicy.mode, byPool: { gpu: 'active' as const } },
  };
  const typeActive = {
    ...observePolicy,
    mode: { ...observePolicy.mode, byFaultType: { KernelDeadlock: 'active' as const } },
  };

  it('given the fault type, then its faults are worked on, and others only observed', () => {
    const node = new DecidedNode(typeActive);
    node.report('KernelDeadlock');
    expect(node.process.context.mode).toBe('active');
    const other = new DecidedNode(typeActive);
    other.report('DiskFailure');
    expect(other.process.context.mode).toBe('observe');
  });

  it('given the pool, then its nodes are worked on, and others only observed', () => {
    const modeIn = (pool: string) => {
      const node = new DecidedNode(poolActive);
      node.change({ ...appeared, pool });
      node.report('DiskFailure');
      return node.process.context.mode;
    };
    expect([modeIn('gpu'), modeIn('web')]).toEqual(['active', 'observe']);
  });

  it('given the pool was not known, when it is learnt after the fault was withheld, then the fault is taken up', () => {
    const node = new DecidedNode(poolActive);
    node.report('DiskFailure');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    expect(node.outcome).toBe('Cancelled');
    node.change({ ...appeared, pool: 'gpu' });
    node.signal({ kind: 'ModeActivated', policy: '1' });
    expect(node.process.context.mode).toBe('active');
  });
});

describe('a fault type in observe', () => {
  it('then its faults are only observed where everything else is worked on', () => {
    const node = new DecidedNode({
      ...activePolicy,
      mode: { ...activePolicy.mode, byFaultType: { KernelDeadlock: 'observe' } },
    });
    node.report('KernelDeadlock');
    expect(node.process.context.mode).toBe('observe');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    expect(node.outcome).toBe('Cancelled');
    node.report('DiskFailure');
    expect(node.process.context.mode).toBe('active');
  });
});
