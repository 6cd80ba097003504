import { describe, expect, it } from 'vitest';
import type { BootId, NodeUid } from '../../../../domain/identifiers.js';
import type { Report } from '../../../../domain/report.js';
import type { NodeChange } from '../../../../domain/signal.js';
import { DecidedNode, minute, observePolicy, told } from './decided-node.js';

const boot = (id: string) => ({ bootId: id as BootId });

describe('a node that comes back under its name, and is reported before the end of the old one is heard of (seed 594)', () => {
  const said = (nodeUid: string, id: string): Partial<Report> => ({
    ...boot(id),
    evidence: { nodeUid, condition: 'XfsShutdown', status: 'True' },
  });
  const came = (nodeUid: string, id: string): NodeChange => ({
    change: 'appeared',
    nodeUid: nodeUid as NodeUid,
    ...boot(id),
  });
  const withoutBoot = (nodeUid: string): NodeChange => ({ change: 'appeared', nodeUid: nodeUid as NodeUid });
  const known = (): DecidedNode => {
    const node = new DecidedNode();
    node.change(came('u1', 'b1'));
    return node;
  };
  const reported = (): DecidedNode => {
    const node = known();
    node.report('DiskFailure', said('u1', 'b1'));
    return node;
  };
  const ends = (node: DecidedNode): void => {
    node.change({ change: 'deleted' });
    node.answer('isolateNode', 'revoked');
    expect(node.outcome).toBe('Retired');
  };

  it.each([
    ['as another object on the same boot', said('u2', 'b1')],
    ['on a later boot, by an agent', boot('b2')],
  ])('%s, then its fault stays open, and has a process when it appears', (_, again) => {
    const node = reported();
    node.report('DiskFailure', again);
    ends(node);
    expect(Object.keys(node.state.faults)).toEqual(['DiskFailure']);
    expect(told(node.change(came('u2', again.bootId ?? ''))).commands).toEqual(['isolateNode']);
  });

  it.each([
    ['on a later boot', said('u2', 'b2')],
    ['as another object on the same boot', said('u2', 'b1')],
    ['on a later boot, by an agent', boot('b2')],
  ])('with a fault that was not known, %s, then that one stays open alone', (_, again) => {
    const node = reported();
    node.report('KernelDeadlock', again);
    ends(node);
    expect(Object.keys(node.state.faults)).toEqual(['KernelDeadlock']);
  });

  describe('while what is under way on the old one is waited for', () => {
    const reportedWhileWaiting = (again: Partial<Report>): DecidedNode => {
      const node = reported();
      node.change({ change: 'deleted' });
      node.change(came('u2', 'b2'));
      node.wait(minute).report('KernelDeadlock', again);
      return node;
    };

    it.each([
      ['as that object', said('u2', 'b2')],
      ['as that object, on a boot that nobody has seen', said('u2', 'b3')],
      ['on its boot, by an agent', boot('b2')],
    ])('%s, then what was said of the new one stays open', (_, again) => {
      const node = reportedWhileWaiting(again);
      node.answer('isolateNode', 'revoked');
      expect(node.outcome).toBe('Retired');
      expect(node.state.faults).toHaveProperty('KernelDeadlock');
    });

    it('what was said meanwhile of the old one alone is over with it: it began a process on the new one', () => {
      const node = reported();
      node.wait(minute).report('KernelDeadlock', said('u1', 'b1'));
      node.change({ change: 'deleted' });
      node.change(came('u2', 'b2'));
      node.answer('isolateNode', 'revoked');
      expect(node.outcome).toBe('Retired');
      expect(Object.keys(node.state.faults)).toEqual([]);
    });

    it('and that isolates the new one, then it is given back, and what was said of the new one stays open', () => {
      const node = reportedWhileWaiting(said('u2', 'b2'));
      const observation = { ...node.observation('b2'), nodeUid: 'u2' as NodeUid };
      node.answer('isolateNode', 'done', { cordoned: true, observation });
      node.answer('giveBack', 'done');
      expect(node.outcome).toBe('Cancelled');
      expect(node.state.faults).toHaveProperty('KernelDeadlock');
    });
  });

  it.each([
    ['by an agent', boot('b1'), came('u1', 'b1'), came('u2', 'b2')],
    ['of which no boot is known', {}, withoutBoot('u1'), withoutBoot('u2')],
  ])('and what was said of the old one, %s, is over with it', (_, about, before, after) => {
    const node = new DecidedNode();
    node.change(before);
    node.report('DiskFailure', about);
    node.change({ change: 'deleted' });
    node.change(after);
    node.answer('isolateNode', 'revoked');
    expect(node.outcome).toBe('Retired');
    expect(node.state.faults).toEqual({});
  });

  it('and is another one than was reported, then its fault is over with it: it outlives one node at most', () => {
    const node = reported();
    node.report('DiskFailure', said('u2', 'b2'));
    ends(node);
    node.wait(minute).change(came('u3', 'b3'));
    ends(node);
    expect(node.state.faults).toEqual({});
  });

  it('and goes again, then its fault is over with it', () => {
    const node = reported();
    node.report('DiskFailure', said('u2', 'b2'));
    ends(node);
    node.change(came('u2', 'b2'));
    ends(node);
    expect(node.state.faults).toEqual({});
  });

  it('and was said to be so once, then a repeat is no news', () => {
    const node = reported();
    expect(told(node.report('DiskFailure', said('u2', 'b2'))).facts).toEqual(['FaultRecurred']);
    expect(told(node.report('DiskFailure', said('u2', 'b2'))).facts).toEqual([]);
  });

  it('while nothing is done about its fault, then the fault stays open', () => {
    const node = reported();
    node.policy = observePolicy;
    node.answer('isolateNode', 'withheld');
    expect(node.state.faults).toMatchObject({ DiskFailure: { left: 'withheld' } });
    node.report('DiskFailure', said('u2', 'b2'));
    node.change({ change: 'deleted' });
    expect(Object.keys(node.state.faults)).toEqual(['DiskFailure']);
    node.change(came('u2', 'b2'));
    node.change({ change: 'deleted' });
    expect(node.state.faults).toEqual({});
  });

  it('of which nobody knows all boots, then its fault is over as ever', () => {
    const node = known();
    for (let number = 2; number < 12; number += 1)
      node.change({ change: 'rebooted', nodeUid: 'u1' as NodeUid, ...boot(`b${number}`) });
    node.report('DiskFailure', boot('b11'));
    node.report('DiskFailure', boot('b12'));
    ends(node);
    expect(node.state.faults).toEqual({});
  });
});

it('a node that was looked at before it was heard to be back stood as deleted for ever: what was told of it then had no process', () => {
  const node = new DecidedNode();
  node.report('DiskFailure', boot('b1'));
  node.change({ change: 'deleted' });
  const observation = { ...node.observation('b1'), nodeUid: 'u2' as NodeUid };
  node.answer('isolateNode', 'done', { cordoned: true, observation });
  node.change({ change: 'appeared', nodeUid: 'u2' as NodeUid, ...boot('b1') });
  node.answer('giveBack', 'done');
  node.report('KernelDeadlock', boot('b1'));
  expect(node.state.deleted).toBeUndefined();
  expect(node.process.faults.map(({ type }) => type)).toContain('KernelDeadlock');
});
