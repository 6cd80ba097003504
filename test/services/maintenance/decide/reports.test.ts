import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../../domain/decision.js';
import type { BootId, NodeUid } from '../../../../domain/identifiers.js';
import { activePolicy, DecidedNode, minute, observePolicy, told } from './decided-node.js';

const boot = (id: string) => ({ bootId: id as BootId });

describe('a firing report', () => {
  it('given a well node, when a fault fires, then it is opened and its process isolates at once', () => {
    const node = new DecidedNode();
    const decision = node.report('KernelDeadlock');
    expect(told(decision)).toEqual({
      facts: ['FaultOpened', 'ProcessStarted', 'StageEntered'],
      commands: ['isolateNode'],
    });
    expect(decision.report).toMatchObject({ fate: 'opened', processId: node.process.id });
    expect(node.process).toMatchObject({ workflow: 'reboot', stage: 'isolating' });
  });

  it('given it was read late, when its fault opens, then the present is observed before anything is done', () => {
    expect(told(new DecidedNode().report('KernelDeadlock', {}, true)).commands).toEqual(['observeNode']);
  });

  it('given an unknown fault type, then it is recorded as such and nothing else happens', () => {
    const decision = new DecidedNode().report('Sunspots');
    expect(told(decision)).toEqual({ facts: [], commands: [] });
    expect(decision.report).toMatchObject({ fate: 'ignored', reason: 'UnknownFaultType' });
  });

  it('given an open fault, when it is said again, then it is repeated; said by another source, it recurs', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const again = node.report('KernelDeadlock');
    expect(again.report?.fate).toBe('repeated');
    expect(told(again)).toEqual({ facts: [], commands: [] });
    const other = node.report('KernelDeadlock', { source: 'agent' });
    expect(other.report?.fate).toBe('recurred');
    expect(told(other)).toEqual({ facts: ['FaultRecurred'], commands: [] });
  });

  it('given a running process, when a weaker fault fires, then it joins and one process handles both', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const { id } = node.process;
    const joined = node.report('KubeletUnhealthy');
    expect(told(joined).facts.slice(0, 2)).toEqual(['FaultOpened', 'FaultJoined']);
    expect(told(joined).commands).toEqual([]);
    expect(joined.report).toMatchObject({ fate: 'opened', processId: id });
    expect(node.process.faults.map(({ type }) => type)).toEqual(['KernelDeadlock', 'KubeletUnhealthy']);
  });

  it('given two faults of one instant, then both are in the journal and one process handles both', () => {
    const node = new DecidedNode();
    node.report('DiskFailure');
    node.wait(90).report('MemoryFailure');
    expect(node.facts.filter(({ type }) => type === 'FaultOpened')).toHaveLength(2);
    expect(node.facts.filter(({ type }) => type === 'ProcessStarted')).toHaveLength(1);
  });
});

describe('a cleared report', () => {
  it('given nobody has begun, when the fault clears, then the isolation is taken back and the process cancelled', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const asked = node.process.context.open.map(({ id }) => id);
    const cleared = node.report('KernelDeadlock', { status: 'cleared' });
    expect(cleared.report?.fate).toBe('cleared');
    expect(cleared.revoke).toEqual(asked);
    expect(node.process.stage).toBe('settling');
    node.answer('isolateNode', 'revoked');
    expect(node.outcome).toBe('Cancelled');
    expect(node.state.faults).toEqual({});
  });

  it('given an attempt under way, when the fault clears, then it is waited for and the node given back', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    node.report('KernelDeadlock', { status: 'cleared' });
    expect(told(node.isolate()).commands).toEqual(['giveBack']);
    node.answer('giveBack', 'done');
    expect(node.outcome).toBe('Cancelled');
  });

  it('given an isolated node before the power goes off, when the fault clears, then it is given back', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    node.isolate();
    node.report('KernelDeadlock', { status: 'cleared' });
    expect(told(node.answer('requestMigration', 'revoked')).commands).toEqual(['giveBack']);
  });

  it('given the power is going off, when the fault clears, then there is no way back but through a boot', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    node.isolate();
    node.answer('requestMigration', 'done', { pods: [] });
    const cleared = node.report('KernelDeadlock', { status: 'cleared' });
    expect(cleared.revoke).toEqual([]);
    expect(node.process.stage).toBe('poweringOff');
  });

  it('given two sources, when one clears, then the fault stays until the other does', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    node.report('KernelDeadlock', { source: 'agent' });
    expect(told(node.report('KernelDeadlock', { status: 'cleared' })).facts).toEqual(['FaultSourceCleared']);
    node.report('KernelDeadlock', { status: 'cleared', source: 'agent' });
    expect(node.state.faults).toEqual({});
  });

  it('given a fault that is not open or of another source, then nothing is cleared', () => {
    const node = new DecidedNode();
    expect(node.report('DiskFailure', { status: 'cleared' }).report?.reason).toBe('NotOpen');
    node.report('KernelDeadlock');
    expect(node.report('KernelDeadlock', { status: 'cleared', source: 'x' }).report?.reason).toBe('NotOpen');
  });
});

describe('a report of the past', () => {
  function rebooted(): DecidedNode {
    const node = new DecidedNode();
    node.report('KernelDeadlock', { ...boot('b1'), sequence: 5 });
    node.isolate();
    node.reboot();
    node.recover();
    expect(node.outcome).toBe('Recovered');
    return node;
  }

  it('given a recovery by a boot, when a report speaks of the boot before, then it opens nothing', () => {
    expect(rebooted().report('KernelDeadlock', boot('b1')).report).toMatchObject({
      fate: 'ignored',
      reason: 'StaleBoot',
    });
  });

  it('given a reboot, when an answer from before it comes late, then the present boot stays the present one: its reports were ignored', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock', boot('b1'));
    node.isolate();
    node.reboot();
    node.fire('boot-check');
    node.change({ change: 'rebooted', nodeUid: 'u1' as NodeUid, bootId: 'b2' as BootId });
    node.answer('observeNode', 'done', { observation: node.observation('b1') });
    expect(node.report('DiskFailure', boot('b2')).report?.fate).toBe('opened');
    expect(node.report('MemoryFailure', boot('b1')).report).toMatchObject({
      fate: 'ignored',
      reason: 'StaleBoot',
    });
  });

  it('given a source without boot ids, when it reports within its settle time, then it opens nothing', () => {
    const node = rebooted();
    expect(node.wait(minute).report('KernelDeadlock').report?.reason).toBe('Settling');
    expect(node.wait(5 * minute).report('KernelDeadlock').report?.fate).toBe('opened');
  });

  it('given a cleared fault, when an older sequence of that source and boot fires, then it opens nothing', () => {
    const node = new DecidedNode();
    node.report('DiskFailure', { ...boot('b1'), sequence: 7 });
    node.report('DiskFailure', { ...boot('b1'), sequence: 8, status: 'cleared' });
    expect(node.report('DiskFailure', { ...boot('b1'), sequence: 7 }).report?.reason).toBe('StaleSequence');
    expect(node.report('DiskFailure', { ...boot('b1'), sequence: 9 }).report?.fate).toBe('opened');
  });

  it('given a new boot, when the same fault fires there, then it is a new fault', () => {
    expect(rebooted().report('KernelDeadlock', boot('b2')).report?.fate).toBe('opened');
  });

  it("given an agent's clock that is a year off, then it decides nothing", () => {
    const node = rebooted();
    const late = { ...boot('b2'), observedAt: '2025-01-01T00:00:00Z' };
    expect(node.report('KernelDeadlock', late).report?.fate).toBe('opened');
  });

  it('given a log time that runs backwards, then the logical time of the node does not', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const { now } = node.state;
    node.wait(-minute).report('DiskFailure');
    expect(node.state.now).toBe(now);
  });
});

describe('mode observe', () => {
  const condition = { evidence: { condition: 'KernelDeadlock', status: 'True' } };

  function withheld(): DecidedNode {
    const node = new DecidedNode(observePolicy);
    expect(node.report('KernelDeadlock', condition).commands[0]?.mode).toBe('observe');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    return node;
  }

  it('given a fault, when its isolation is withheld, then all is journalled and the fault is left', () => {
    const node = withheld();
    expect(node.outcome).toBe('Cancelled');
    expect(node.facts.map(({ type }) => type)).toEqual([
      'FaultOpened',
      'ProcessStarted',
      'StageEntered',
      'CommandSettled',
      'ProcessAdvanced',
      'ProcessEnded',
      'FaultLeft',
    ]);
    expect(node.state.faults.KernelDeadlock?.left).toBe('withheld');
  });

  it('given the fault fires on, while the mode is observe, then nothing begins anew', () => {
    expect(withheld().report('KernelDeadlock').report?.fate).toBe('repeated');
  });

  /** Its mode is active now, and the node is told so. */
  function activated(): { node: DecidedNode; decision: Decision } {
    const node = withheld();
    node.policy = activePolicy;
    return { node, decision: node.signal({ kind: 'ModeActivated', policy: 'p' }) };
  }

  it('given a fault that is reported once, when the mode becomes active, then it is taken up: it lay there until it was reported anew', () => {
    const { node, decision } = activated();
    expect(told(decision)).toEqual({
      facts: ['FaultTakenUp', 'ProcessStarted', 'StageEntered'],
      commands: ['observeNode'],
    });
    expect(decision.commands[0]?.mode).toBe('active');
    expect(node.state.faults.KernelDeadlock).not.toHaveProperty('left');
    expect(node.state.attempts).toHaveLength(1);
  });

  it('given a fault was taken up, when it is still seen, then its node is isolated if its condition still says so', () => {
    const { node } = activated();
    const conditions = { KernelDeadlock: 'True' as const };
    const seen = node.answer('observeNode', 'done', { observation: { ...node.observation(), conditions } });
    expect(told(seen).commands).toEqual(['isolateNode']);
    expect(seen.commands[0]?.parameters).toMatchObject({
      stillFiring: { condition: 'KernelDeadlock', status: 'True' },
    });
  });

  it('given a fault was taken up, when it is not seen any more, then nothing is done and it is over', () => {
    const { node } = activated();
    const seen = node.answer('observeNode', 'done', { observation: node.observation() });
    expect(told(seen).commands).toEqual([]);
    expect(node.facts.findLast(({ type }) => type === 'ProcessEnded')?.data).toMatchObject({
      outcome: 'Cancelled',
      reason: 'NotSeenNow',
    });
    expect(node.state.faults).toEqual({});
  });

  it('given the mode is observe, a process at work, or nothing withheld, when it is told active, then nothing follows', () => {
    const nothing = { facts: [], commands: [] };
    const signal = { kind: 'ModeActivated' as const, policy: 'p' };
    expect(told(withheld().signal(signal))).toEqual(nothing);
    const { node } = activated();
    expect(told(node.signal(signal))).toEqual(nothing);
    expect(told(new DecidedNode().signal(signal))).toEqual(nothing);
  });

  it('given the mode became active, when the fault fires on, then it is taken up again', () => {
    const node = withheld();
    node.policy = activePolicy;
    const again = node.report('KernelDeadlock');
    expect(again.report?.fate).toBe('recurred');
    expect(told(again).commands).toEqual(['isolateNode']);
    expect(again.commands[0]?.mode).toBe('active');
    expect(node.state.attempts).toHaveLength(1);
  });
});

describe('a fault that outlives the boot that was to mend it', () => {
  /** Rebooted; `onNewBoot` is said before anybody has noticed the boot, as topics have no order among each other. */
  function rebooted(onNewBoot: (node: DecidedNode) => void): DecidedNode {
    const node = new DecidedNode();
    node.report('KernelDeadlock', { source: 'agent', ...boot('b1') });
    node.isolate();
    node.reboot();
    onNewBoot(node);
    node.change({ change: 'rebooted', nodeUid: 'u1' as NodeUid, bootId: 'b2' as BootId });
    node.answer('observeNode', 'done', { observation: node.observation('b2') });
    return node;
  }
  const again = (node: DecidedNode): Decision =>
    node.report('KernelDeadlock', { source: 'agent', ...boot('b2') });
  /** Looks as often as the policy asks, and once more. */
  const looks = (node: DecidedNode): void => {
    for (let look = 0; look < 4 && node.process.stage === 'verifying'; look += 1) {
      if (look > 0 || node.process.context.open.length === 0) node.fire('verify-check');
      node.answer('observeNode', 'done', { observation: node.observation('b2') });
    }
  };

  it('given its agent said so once on the new boot, then looks that show no condition prove nothing: it was given back', () => {
    const node = rebooted((one) => {
      expect(again(one).report?.fate).toBe('recurred');
      expect(again(one).report?.fate).toBe('repeated');
    });
    looks(node);
    expect(node.process).toMatchObject({ stage: 'verifying', context: { healthy: 0 } });
  });

  it('given nobody says so on the new boot, then it is verified away', () => {
    const node = rebooted(() => undefined);
    looks(node);
    expect(node.process.stage).toBe('returning');
  });

  it('given its agent clears it after all, then it is verified', () => {
    const node = rebooted(again);
    looks(node);
    node.report('KernelDeadlock', { status: 'cleared', source: 'agent', ...boot('b2') });
    looks(node);
    expect(node.process.stage).toBe('returning');
  });
});

describe('a report and the boot that it speaks of', () => {
  const rebooted = (node: DecidedNode, id: string): void => {
    node.change({ change: 'appeared', nodeUid: node.observation().nodeUid, ...boot(id) });
  };

  it('given an open fault, when the boot before this one is spoken of, then it is stale all the same', () => {
    const node = new DecidedNode();
    rebooted(node, 'b1');
    node.report('KernelDeadlock', boot('b1'));
    rebooted(node, 'b2');
    const late = node.report('KernelDeadlock', boot('b1'));
    expect(late.report).toMatchObject({ fate: 'ignored', reason: 'StaleBoot' });
    expect(told(late)).toEqual({ facts: [], commands: [] });
  });

  it('given a fault that was told without a boot, when it is told with one, then it has outlived none', () => {
    const node = new DecidedNode();
    node.report('DiskFailure');
    expect(node.report('DiskFailure', boot('b1')).report?.fate).toBe('repeated');
    expect(node.state.faults.DiskFailure?.outlived).toBeUndefined();
  });

  it('given a fault that has outlived a boot, when it is told without one, then that says nothing new', () => {
    const node = new DecidedNode();
    rebooted(node, 'b1');
    node.report('DiskFailure', boot('b1'));
    rebooted(node, 'b2');
    expect(node.report('DiskFailure', boot('b2')).report?.fate).toBe('recurred');
    expect(node.report('DiskFailure').report?.fate).toBe('repeated');
    expect(node.state.faults.DiskFailure?.outlived).toBe('b2');
  });

  it('given a fault that people have, when it is told on another boot, then it is taken up again, on that boot', () => {
    const node = new DecidedNode();
    node.report('DiskFailure', boot('b1'));
    node.order('abort');
    const answered = node.process.context.open.map(({ type }) => type);
    for (const type of answered) node.answer(type, 'revoked');
    const left = node.state.faults.DiskFailure;
    expect(left).toMatchObject({ left: 'handedOver', bootId: 'b1' });
    const again = node.report('DiskFailure', boot('b2'));
    expect(again.facts[0]).toMatchObject({
      type: 'FaultRecurred',
      data: { fault: { id: left?.id }, source: 'npd', reportId: again.report?.reportId },
    });
    expect(again.report).toMatchObject({ fate: 'recurred', faultId: left?.id });
    expect(node.state.faults.DiskFailure?.bootId).toBe('b2');
  });
});
