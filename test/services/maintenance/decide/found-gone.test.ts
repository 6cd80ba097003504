import { describe, expect, it } from 'vitest';
import type { BootId, NodeUid } from '../../../../domain/identifiers.js';
import type { Report } from '../../../../domain/report.js';
import { DecidedNode, minute } from './decided-node.js';

const boot = (id: string) => ({ bootId: id as BootId });

describe('a node that whoever hands it over finds gone, before that is heard of', () => {
  const evidence = { nodeUid: 'u2' };
  const foundGone = (first: Partial<Report>, later: Partial<Report>): DecidedNode => {
    const node = new DecidedNode();
    node.change({ change: 'appeared', nodeUid: 'u1' as NodeUid, ...boot('b1') });
    node.report('DiskFailure', first);
    node.isolate();
    node.answer('requestMigration', 'failed');
    node.wait(minute).report('KernelDeadlock', later);
    node.order('abort');
    node.answer('handOver', 'unneeded', { nodeGone: true });
    expect(node.outcome).toBe('Retired');
    return node;
  };

  it.each([
    ['of it', { ...boot('b1'), evidence: { nodeUid: 'u1' } }, []],
    ['of a later boot', boot('b2'), ['KernelDeadlock']],
    ['of another object on the same boot', { ...boot('b1'), evidence }, ['KernelDeadlock']],
  ])('was reported %s: what stays open is what it can not have been looked at for', (_, later, open) => {
    expect(Object.keys(foundGone(boot('b1'), later).state.faults)).toEqual(open);
  });

  it('was reported of the boot that it was looked for on: that is over with it', () => {
    expect(foundGone(boot('b2'), boot('b2')).state.faults).toEqual({});
  });
});

describe('a node whose fault is all that is known of it', () => {
  it('is over with its fault when it is deleted', () => {
    const node = new DecidedNode();
    node.report('DiskFailure', { ...boot('b1'), evidence: { nodeUid: 'u1' } });
    node.change({ change: 'deleted' });
    node.answer('isolateNode', 'revoked');
    expect(node.outcome).toBe('Retired');
    expect(node.state.faults).toEqual({});
  });
});

it('given an agent told of the next boot before anybody else, when the old node is heard to be gone, then its fault stays open', () => {
  const node = new DecidedNode();
  node.change({ change: 'appeared', nodeUid: 'u1' as NodeUid, ...boot('b1') });
  node.report('DiskFailure', boot('b2'));
  node.change({ change: 'deleted' });
  node.answer('isolateNode', 'revoked');
  expect(node.outcome).toBe('Retired');
  expect(node.state.faults).toHaveProperty('DiskFailure');
});
