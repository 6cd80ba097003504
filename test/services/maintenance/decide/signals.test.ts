import { describe, expect, it } from 'vitest';
import type { BootId, MachineId, NodeUid, ProcessId } from '../../../../domain/identifiers.js';
import { DecidedNode, minute, told } from './decided-node.js';

const type = 'KernelDeadlock';
const boot = (id: string): BootId => id as BootId;

function isolating(): DecidedNode {
  const one = new DecidedNode();
  one.report(type);
  return one;
}

function isolated(): DecidedNode {
  const one = isolating();
  one.isolate();
  return one;
}

/** Switched on again and looked at once, well. */
function verifying(): DecidedNode {
  const one = isolated();
  one.reboot();
  one.fire('boot-check');
  const healthy = { observation: one.observation('b2') };
  one.answer('observeNode', 'done', healthy);
  one.answer('observeNode', 'done', healthy);
  return one;
}

describe('what an observation tells about the node', () => {
  it('is not believed of another object than the one that is known', () => {
    const one = isolating();
    one.change({ change: 'appeared', nodeUid: 'u0' as NodeUid, bootId: boot('b0'), pool: 'cpu' });
    one.isolate();
    expect(one.state).toMatchObject({ nodeUid: 'u0', bootId: 'b0', pool: 'cpu' });
  });

  it('is its pool, or that it is in none', () => {
    const one = isolating();
    one.change({ change: 'appeared', nodeUid: 'u1' as NodeUid, pool: 'cpu' });
    one.isolate();
    expect(one.state).not.toHaveProperty('pool');
  });

  it('is no other boot where it tells none: the one that is known is not over', () => {
    const one = isolating();
    one.change({ change: 'appeared', nodeUid: 'u1' as NodeUid, bootId: boot('b1') });
    const { bootId: _untold, ...withoutBoot } = one.observation();
    one.answer('isolateNode', 'done', { cordoned: true, observation: withoutBoot });
    expect(one.state).toMatchObject({ bootId: 'b1', pastBootIds: [] });
  });

  it('is a boot that ends the one before; the last eight are remembered, each once', () => {
    const one = new DecidedNode();
    for (let number = 0; number < 11; number += 1)
      one.change({ change: 'rebooted', bootId: boot(`b${number}`) });
    expect(one.state.pastBootIds).toEqual(['b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8', 'b9']);
    expect(told(one.change({ change: 'rebooted', bootId: boot('b5') })).facts).toEqual([]);
    expect(one.state.bootId).toBe('b10');
  });
});

describe('a settled command', () => {
  it('says why where there is a reason, and has no word for it where there is none', () => {
    const failed = isolating().answer('isolateNode', 'failed', { reason: 'forbidden' });
    expect(failed.facts[0]?.data).toMatchObject({ status: 'failed', reason: 'forbidden' });
    expect(isolating().isolate().facts[0]?.data).not.toHaveProperty('reason');
  });
});

describe('a timer', () => {
  it('tells that a stage is overdue, in which and since when, and comes again', () => {
    const one = isolated();
    const { stage, context } = one.process;
    const { facts, timers } = one.fire('stage-overdue');
    expect(facts[0]).toMatchObject({
      type: 'StageOverdue',
      data: { stage, enteredAt: context.enteredAt },
    });
    const dueAt = one.at + context.recipe.stageMaximumAgeMs;
    expect(timers).toMatchObject([{ name: 'stage-overdue', dueAt }]);
    expect(one.process.context.timersDue).toMatchObject({ 'stage-overdue': dueAt });
  });

  it('of a verification leaves the node to a stronger fault, and only that timer does', () => {
    const stronger = verifying();
    const { process } = stronger;
    const lookedAt = process.context.timersDue?.['verify-deadline'] ?? expect.fail();
    stronger.state = {
      ...stronger.state,
      process: { ...process, context: { ...process.context, lookedAt } },
      faults: {
        ...stronger.state.faults,
        DiskFailure: { ...(stronger.state.faults[type] ?? expect.fail()), type: 'DiskFailure' },
      },
    };
    const before = stronger.state;
    expect(stronger.fire('verify-deadline').facts.map(({ type: fact }) => fact)).toContain('StageEntered');
    const deadline = stronger.facts.findLast(({ type: fact }) => fact === 'WorkflowChanged');
    stronger.state = before;
    stronger.fire('verify-check');
    expect(stronger.facts.findLast(({ type: fact }) => fact === 'WorkflowChanged')?.data).toMatchObject({
      reason: 'StrongerFault',
    });
    expect(deadline).toBeDefined();
  });
});

describe('an order', () => {
  it.each(['p-another' as ProcessId])('for %s is refused: that one is over', (processId) => {
    const one = isolated();
    const { facts } = one.order('abort', processId);
    expect(facts.map(({ type: fact }) => fact)).toEqual(['OrderRefused']);
    expect(facts[0]).toMatchObject({
      processId,
      data: { kind: 'abort', subject: 'anna', reason: 'because' },
    });
  });

  it('for a node without a process is refused', () => {
    const { facts } = new DecidedNode().order('abort', 'p-over' as ProcessId);
    expect(facts.map(({ type: fact }) => fact)).toEqual(['OrderRefused']);
  });

  it('to retry what is not parked is refused by name; upkeep’s own try says nothing', () => {
    const one = new DecidedNode();
    const { facts } = one.signal({ kind: 'RetryParked', reason: 'now', subject: 'anna' });
    expect(facts).toMatchObject([
      {
        type: 'OrderRefused',
        data: { kind: 'retry', subject: 'anna', reason: 'now', refusal: 'the node is not parked' },
      },
    ]);
    expect(one.signal({ kind: 'RetryParked', reason: 'release' }).facts).toEqual([]);
  });
});

describe('lost input', () => {
  const lost = { group: 'g', topic: 't', partition: 0, from: 1, to: 2 };
  it('stands in the history of a node, with its process where there is one', () => {
    expect(new DecidedNode().signal({ kind: 'InputLost', lost }).facts[0]).not.toHaveProperty('processId');
    const one = isolated();
    expect(one.signal({ kind: 'InputLost', lost }).facts[0]).toMatchObject({
      processId: one.process.id,
      data: lost,
    });
  });
});

describe('a change of the node', () => {
  it('that names no boot is no reboot, and one without a uid is no other object', () => {
    const one = isolated();
    expect(told(one.change({ change: 'rebooted' })).facts).toEqual([]);
    expect(told(one.change({ change: 'appeared', bootId: boot('b1') })).facts).toEqual([]);
    expect(one.state.nodeUid).toBe('u1');
  });

  it('of its pool is told with the pool, or with none', () => {
    const one = new DecidedNode();
    const into = one.change({ change: 'relabelled', pool: 'gpu' });
    expect(into.facts).toMatchObject([{ type: 'NodeRelabelled', data: { pool: 'gpu' } }]);
    expect(one.state.pool).toBe('gpu');
    const out = one.change({ change: 'relabelled' });
    expect(out.facts[0]?.data).toStrictEqual({});
    expect(one.state).not.toHaveProperty('pool');
  });

  it('that deletes it closes faults which nobody handles, and says why; deleted once more is nothing new', () => {
    const one = isolated();
    one.order('abort');
    one.answer('requestMigration', 'revoked');
    one.answer('handOver', 'done');
    const { facts } = one.change({ change: 'deleted' });
    expect(facts.map(({ type: fact, data }) => [fact, data['reason']])).toEqual([
      ['NodeDeleted', undefined],
      ['FaultCleared', 'NodeDeleted'],
    ]);
    expect(told(one.change({ change: 'deleted' })).facts).toEqual([]);
  });

  it('that has it appear says uid and pool', () => {
    const one = new DecidedNode();
    const { facts } = one.change({ change: 'appeared', nodeUid: 'u9' as NodeUid });
    expect(facts[0]?.data).toStrictEqual({ nodeUid: 'u9' });
    const again = one.change({ change: 'appeared', nodeUid: 'u8' as NodeUid, pool: 'gpu' });
    expect(again.facts[0]?.data).toStrictEqual({ nodeUid: 'u8', pool: 'gpu' });
  });

  it('that its own object comes back is no other one: its process goes on', () => {
    const one = isolated();
    one.change({ change: 'deleted' });
    const stage = one.process.stage;
    one.change({ change: 'appeared', nodeUid: 'u1' as NodeUid });
    expect(one.process.stage).toBe(stage);
  });

  it.each([
    ['the same machine', { machineId: 'm1' as MachineId }],
    ['an unknown one', {}],
  ])('into another object of %s has it isolated anew, as that object', (_which, machine) => {
    const one = isolated();
    one.change({ change: 'appeared', nodeUid: 'u2' as NodeUid, ...machine });
    one.answer('requestMigration', 'revoked');
    expect(one.process).toMatchObject({ stage: 'isolating', context: { expected: { nodeUid: 'u2' } } });
  });
});

describe('an announcement', () => {
  it('counts only for the process and the stage that asked for it', () => {
    const pod = { namespace: 'a', name: 'b', uid: 'c' } as never;
    const one = isolated();
    one.answer('requestMigration', 'done', { pods: [pod] });
    const { id: processId, context } = one.process;
    const { stageEntry } = context;
    const announced = { kind: 'MigrationAnnounced', stageEntry, requestId: 'r' } as const;
    const stale = ['SignalIgnoredAsStale'];
    expect(told(one.signal({ ...announced, processId: 'p-other' as ProcessId })).facts).toEqual(stale);
    expect(told(one.signal({ ...announced, processId, stageEntry: stageEntry - 1 })).facts).toEqual(stale);
    expect(told(one.signal({ ...announced, processId })).facts[0]).toBe('MigrationProgressed');
    const none = new DecidedNode().wait(minute);
    expect(told(none.signal({ ...announced, processId })).facts).toEqual(stale);
  });
});
