import { describe, expect, it } from 'vitest';
import type { BootId, MachineId, NodeUid, ProcessId } from '../../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../../domain/node-state.js';
import type { Fault } from '../../../../domain/fault.js';
import { conditionOf } from '../../../../services/maintenance/decide/faults.js';
import { chooseRung, faultsToHandle } from '../../../../services/maintenance/decide/ladder.js';
import { activePolicy, DecidedNode, minute, node, observePolicy, told } from './decided-node.js';

const type = 'KernelDeadlock';
const dayMs = 1_440 * minute;
const boot = (id: string) => ({ bootId: id as BootId });

function isolated(): DecidedNode {
  const one = new DecidedNode();
  one.report(type);
  one.isolate();
  return one;
}

describe('a process that ends', () => {
  it('because its node is gone closes what was open, as the node is', () => {
    const one = isolated();
    one.change({ change: 'deleted' });
    one.answer('requestMigration', 'revoked');
    expect(one.outcome).toBe('Retired');
    expect(one.state.faults).toEqual({});
  });

  it('because its fault cleared leaves one that opened meanwhile to be handled, and its own attempt uncounted', () => {
    const one = new DecidedNode();
    one.report('KubeletUnhealthy');
    one.report(type, { status: 'cleared' });
    one.report('KubeletUnhealthy', { status: 'cleared' });
    one.wait(1).report('RuntimeUnhealthy');
    one.answer('isolateNode', 'revoked');
    expect(one.outcome).toBe('Cancelled');
    expect(one.state.faults).toHaveProperty('RuntimeUnhealthy');
    expect(one.process.context.faultType).toBe('RuntimeUnhealthy');
    expect(one.state.attempts.map(({ faultType }) => faultType)).toEqual(['RuntimeUnhealthy']);
  });

  it.each(['StaleReport', 'NotFiringNow'])(
    'because its report was %s closes the fault it was for, and has one that joined meanwhile handled',
    (reason) => {
      const one = new DecidedNode();
      one.report('DiskFailure', boot('b1'));
      one.wait(1).report('KubeletUnhealthy', boot('b2'));
      one.answer('isolateNode', 'unneeded', { reason });
      expect(one.outcome).toBe('Cancelled');
      expect(Object.keys(one.state.faults)).toEqual(['KubeletUnhealthy']);
      expect(one.process.context.faultType).toBe('KubeletUnhealthy');
      expect(one.process.stage).toBe('isolating');
    },
  );

  it('leaves a fault that joined to a process which is held to the boot it was reported on: a node that was well since its boot was isolated for it (seed 727)', () => {
    const one = new DecidedNode();
    one.report('DiskFailure', boot('b1'));
    one.wait(1).report('KubeletUnhealthy', boot('b1'));
    one.answer('isolateNode', 'unneeded', { reason: 'NotFiringNow' });
    expect(one.process.context).toMatchObject({ faultType: 'KubeletUnhealthy', reportedBootId: 'b1' });
    expect(one.commands.at(-1)?.parameters).toMatchObject({ reportedBootId: 'b1' });
    one.answer('isolateNode', 'unneeded', { reason: 'StaleReport' });
    expect(one.state.faults).toEqual({});
  });

  it('because its report was stale has a fault that was reported again on a later boot handled anew, and not for ever: its node stood NotReady for days (seed 21072)', () => {
    const one = new DecidedNode();
    one.report('NodeNotReady', boot('b1'));
    one.wait(1).report('NodeNotReady', { ...boot('b2'), source: 'detector' });
    one.answer('isolateNode', 'unneeded', { reason: 'StaleReport' });
    expect(one.outcome).toBe('Cancelled');
    expect(Object.keys(one.state.faults)).toEqual(['NodeNotReady']);
    expect(one.process.context.reportedBootId).toBe('b2');
    one.answer('isolateNode', 'unneeded', { reason: 'StaleReport' });
    expect(one.state.faults).toEqual({});
    expect(one.state.process).toBeUndefined();
  });

  it('because a late report is seen no more has a fresh one that joined handled at once', () => {
    const one = new DecidedNode();
    one.report('DiskFailure', {}, true);
    one.wait(1).report('KubeletUnhealthy');
    one.answer('observeNode', 'done', { observation: one.observation() });
    expect(Object.keys(one.state.faults)).toEqual(['KubeletUnhealthy']);
    expect(one.process.stage).toBe('isolating');
  });

  it('because a late report is seen no more looks once more for another that was late, and closes it too', () => {
    const one = new DecidedNode();
    one.report('DiskFailure', {}, true);
    one.wait(1).report('KubeletUnhealthy', {}, true);
    one.answer('observeNode', 'done', { observation: one.observation() });
    expect(one.process.context.faultType).toBe('KubeletUnhealthy');
    expect(one.process.stage).toBe('observing');
    one.answer('observeNode', 'done', { observation: one.observation() });
    expect(one.state.process).toBeUndefined();
    expect(one.state.faults).toEqual({});
  });

  it('has a fault that was late and is reported again by now handled as one seen just now', () => {
    const one = new DecidedNode();
    one.report('DiskFailure', {}, true);
    one.wait(1).report('KubeletUnhealthy', {}, true);
    one.wait(1).report('KubeletUnhealthy');
    one.answer('observeNode', 'done', { observation: one.observation() });
    expect(one.process.context.faultType).toBe('KubeletUnhealthy');
    expect(one.process.stage).toBe('isolating');
  });

  it('is taken over by a stronger fault, which is not held against the boot of the fault before', () => {
    const one = new DecidedNode();
    one.report('KubeletUnhealthy', boot('b1'));
    one.wait(1).report('DiskFailure', boot('b2'));
    one.answer('isolateNode', 'revoked');
    expect(one.process.context).toMatchObject({ faultType: 'DiskFailure', reportedBootId: 'b2' });
    expect(one.commands.at(-1)?.parameters).toMatchObject({ reportedBootId: 'b2' });
  });

  it('is taken over by a stronger fault, which is held against the condition that shows it until the node is isolated', () => {
    const one = new DecidedNode();
    one.report('KubeletUnhealthy', boot('b1'));
    const shown = { condition: 'Ready', status: 'Unknown' } as const;
    one.wait(1).report('NodeNotReady', { ...boot('b1'), evidence: shown });
    one.answer('isolateNode', 'revoked');
    expect(one.commands.at(-1)?.parameters).toMatchObject({ stillFiring: shown });
    one.answer('isolateNode', 'unneeded', { reason: 'NotFiringNow' });
    expect(Object.keys(one.state.faults)).toEqual(['KubeletUnhealthy']);
    expect(one.process.context.faultType).toBe('KubeletUnhealthy');
  });

  it('is taken over by a stronger fault of a late report only after a look', () => {
    const one = new DecidedNode();
    one.report('KubeletUnhealthy', {}, true);
    one.wait(1).report('DiskFailure', {}, true);
    one.answer('observeNode', 'revoked');
    expect(one.process.context.faultType).toBe('DiskFailure');
    expect(one.process.stage).toBe('observing');
  });

  it("says so where the cordon stayed, since it may be a person's", () => {
    const one = isolated();
    one.reboot();
    one.fire('boot-check');
    const healthy = { observation: one.observation('b2') };
    one.answer('observeNode', 'done', healthy);
    one.answer('observeNode', 'done', healthy);
    one.fire('verify-check');
    one.answer('observeNode', 'done', healthy);
    one.answer('giveBack', 'done', { reason: 'CordonKept' });
    const end = one.facts.findLast(({ type }) => type === 'ProcessEnded')?.data;
    expect(end).toMatchObject({ outcome: 'Recovered', reason: 'CordonKept' });
  });

  it.each([
    ['when the verification began', 0, []],
    ['a moment later', 1, ['KubeletUnhealthy']],
  ])('recovered closes a weaker fault or not that opened %s', (_when, later, left) => {
    const one = isolated();
    one.reboot();
    one.fire('boot-check');
    const healthy = { observation: one.observation('b2') };
    one.answer('observeNode', 'done', healthy);
    one.wait(later).report('KubeletUnhealthy', boot('b2'));
    one.answer('observeNode', 'done', healthy);
    one.fire('verify-check');
    one.answer('observeNode', 'done', healthy);
    one.answer('giveBack', 'done');
    expect(one.outcome).toBe('Recovered');
    expect(Object.keys(one.state.faults)).toEqual(left);
    expect(one.state.process?.context.faultType).toBe(left[0]);
  });
});

describe('attempts', () => {
  it('are remembered for thirty days', () => {
    const one = new DecidedNode();
    const old = { workflow: 'reboot' as const, faultType: type } as const;
    const state: NodeState = {
      ...emptyNodeState(node),
      attempts: [
        { ...old, at: one.at - 30 * dayMs },
        { ...old, at: one.at - 30 * dayMs + 1 },
      ],
    };
    one.state = state;
    one.report(type);
    expect(one.state.attempts.map(({ at }) => at)).toEqual([one.at - 30 * dayMs + 1, one.at]);
  });

  it('are at most sixty-four, the latest', () => {
    const one = new DecidedNode();
    const attempts = Array.from({ length: 70 }, (_, index) => ({
      workflow: 'reboot' as const,
      faultType: 'KernelDeadlock' as const,
      at: one.at - 70 + index,
    }));
    one.state = { ...emptyNodeState(node), attempts };
    one.report(type);
    expect(one.state.attempts).toHaveLength(64);
    expect(one.state.attempts.at(-1)?.at).toBe(one.at);
  });

  it.each([
    ['a moment less than its window ago counts', dayMs - 1, 1],
    ['its whole window ago is over', dayMs, 0],
  ])('one that was %s', (_when, ago, rung) => {
    const at = 10 * dayMs;
    const attempt = { workflow: 'component-restart' as const, faultType: 'KubeletUnhealthy' as const };
    const state = { ...emptyNodeState(node), attempts: [{ ...attempt, at: at - ago }] };
    expect(chooseRung(activePolicy, state, 'KubeletUnhealthy', { from: 0, at })?.rung).toBe(rung);
  });

  it('that are used up have a person asked by the strongest workflow of the ladder', () => {
    const one = new DecidedNode();
    const attempt = { workflow: 'hardware-repair' as const, faultType: 'CpuFailure' as const, at: one.at };
    one.state = { ...emptyNodeState(node), attempts: [attempt, attempt] };
    one.report('CpuFailure');
    expect(one.process).toMatchObject({ workflow: 'hardware-repair', rung: 0, context: { exhausted: true } });
  });
});

it('of faults that are equally strong the one that opened first leads', () => {
  const fault = (of: Fault['type'], openedAt: number): Fault => ({
    id: `f-${of}` as Fault['id'],
    type: of,
    openedAt,
    openedBy: 'r' as Fault['openedBy'],
    sources: ['npd'],
  });
  const faults = {
    CpuFailure: fault('CpuFailure', 30),
    MemoryFailure: fault('MemoryFailure', 10),
    DiskFailure: fault('DiskFailure', 20),
    KernelDeadlock: fault('KernelDeadlock', 1),
  };
  expect(faultsToHandle(activePolicy, { ...emptyNodeState(node), faults }).map((one) => one.type)).toEqual([
    'MemoryFailure',
    'DiskFailure',
    'CpuFailure',
    'KernelDeadlock',
  ]);
});

it('a process names each fault once, the one that began it first', () => {
  const one = new DecidedNode(observePolicy);
  one.report('ReadonlyFilesystem');
  one.answer('isolateNode', 'withheld');
  one.report('CpuFailure');
  one.answer('isolateNode', 'withheld');
  one.policy = activePolicy;
  one.signal({ kind: 'ModeActivated', policy: activePolicy.version });
  expect(one.process.faults.map((fault) => fault.type)).toEqual(['CpuFailure', 'ReadonlyFilesystem']);
});

describe('what a fault keeps of its report', () => {
  const report = (evidence: Record<string, string>) =>
    conditionOf({ evidence } as unknown as Parameters<typeof conditionOf>[0]);

  it.each(['True', 'False', 'Unknown'])('is the condition that is %s', (status) => {
    expect(report({ condition: 'Disk', status })).toEqual({ stillFiring: { condition: 'Disk', status } });
  });

  it('is no condition without a name or in a state that there is not', () => {
    expect(report({ condition: 'Disk', status: 'Odd' })).toEqual({});
    expect(report({ condition: 'Disk' })).toEqual({});
    expect(report({ status: 'True' })).toEqual({});
  });

  it('is boot, number and message where it has them, and nothing where not', () => {
    const bare = new DecidedNode();
    expect(bare.report(type).facts[0]?.data).toStrictEqual({
      fault: bare.state.faults[type],
      source: 'npd',
    });
    const full = new DecidedNode();
    const data = full.report(type, { ...boot('b1'), sequence: 3, message: 'hung' }).facts[0]?.data;
    expect(data).toMatchObject({ message: 'hung', fault: { bootId: 'b1', sequence: 3 } });
  });

  it('remembers of sixteen reporters what they cleared last', () => {
    const one = new DecidedNode(observePolicy);
    for (let number = 0; number < 20; number += 1) {
      const about = { source: `s${number}`, sequence: number };
      one.wait(60 * minute).report(type, about);
      one.answer('isolateNode', 'withheld');
      one.report(type, { ...about, status: 'cleared' });
    }
    const kept = Array.from({ length: 16 }, (_, index) => `s${index + 4}`);
    expect(Object.keys(one.state.clearedSequences)).toEqual(kept);
    expect(one.state.clearedSequences['s19']).toStrictEqual({ sequence: 19 });
  });
});

describe('what goes on because of something from outside', () => {
  it('follows from the event by which its stage was entered, whatever the step is', () => {
    const one = isolated();
    const entered = one.facts.findLast(({ type: fact }) => fact === 'StageEntered');
    const event = `${node}@1.${entered?.version}/ProcessEvent`;
    const { facts, causedBy } = one.order('abort');
    expect(facts.map(({ type: fact }) => fact).slice(0, 2)).toEqual(['OrderTaken', 'StageEntered']);
    expect(causedBy[0]).not.toBe(event);
    expect(causedBy[1]).toBe(event);
    const verifying = isolated();
    verifying.reboot();
    verifying.fire('boot-check');
    const healthy = { observation: verifying.observation('b2') };
    verifying.answer('observeNode', 'done', healthy);
    const here = verifying.facts.findLast(({ type: fact }) => fact === 'StageEntered')?.version;
    verifying.answer('observeNode', 'done', healthy);
    const advanced = verifying.report(type);
    expect(told(advanced).facts).toEqual(['ProcessAdvanced']);
    expect(advanced.causedBy).toEqual([`${node}@1.${here}/ProcessEvent`]);
  });
});

it('a try to retry what is not parked begins no process: what waits may say otherwise', () => {
  const one = new DecidedNode(observePolicy);
  one.report(type);
  one.answer('isolateNode', 'withheld');
  const { left: _left, ...open } = one.state.faults[type] ?? expect.fail();
  one.state = { ...one.state, faults: { [type]: open } };
  one.signal({ kind: 'RetryParked', reason: 'release' });
  expect(one.state.process).toBeUndefined();
});

describe('an isolation that nobody knows', () => {
  const orphan = { owner: 'inst.p-x', processId: 'p-x' as ProcessId, nodeUid: 'u1' as NodeUid, atOnce: 1 };
  it('of a node that is gone is told, and begins nothing', () => {
    const one = new DecidedNode();
    one.change({ change: 'appeared', nodeUid: 'u1' as NodeUid });
    one.change({ change: 'deleted' });
    expect(told(one.signal({ kind: 'OrphanFound', orphan })).facts).toEqual(['IsolationOrphaned']);
  });

  it.each([
    ['with its machine', { machineId: 'm1' as MachineId }],
    ['without', {}],
  ])('is expected on the object that was seen, %s', (_which, machine) => {
    const one = new DecidedNode();
    one.signal({ kind: 'OrphanFound', orphan: { ...orphan, ...machine } });
    expect(one.process.context.expected).toStrictEqual({ nodeUid: 'u1', ...machine });
  });
});
