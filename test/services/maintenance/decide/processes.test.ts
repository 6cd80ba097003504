import { describe, expect, it } from 'vitest';
import type { BootId, MachineId, NodeUid, PodUid, ProcessId } from '../../../../domain/identifiers.js';
import { orderKinds, type MigrationReply } from '../../../../domain/signal.js';
import { workflowNames } from '../../../../domain/node-state.js';
import { activeVersion, machineOf } from '../../../../workflows/catalog.js';
import { outcomeOfStage, stages, takesOrder } from '../../../../workflows/orders.js';
import { DecidedNode, told } from './decided-node.js';

const boot = (id: string) => ({ bootId: id as BootId });
const pod = { namespace: 'shop', name: 'web-1', uid: 'pod-1' as PodUid };

function isolated(type = 'KernelDeadlock'): DecidedNode {
  const node = new DecidedNode();
  node.report(type, boot('b1'));
  node.isolate();
  return node;
}

/** Isolated, and one pod was asked to move. */
function evacuating(): DecidedNode {
  const node = isolated();
  node.answer('requestMigration', 'done', { pods: [pod] });
  return node;
}

describe('a node that comes back as another object', () => {
  it('given it was isolated, then the new object is isolated: the old one was meant for ever, and every order failed', () => {
    const node = isolated();
    node.change({ change: 'deleted' });
    node.change({ change: 'appeared', nodeUid: 'u2' as NodeUid, bootId: 'b2' as BootId });
    const settled = node.answer('requestMigration', 'revoked');
    expect(told(settled).commands).toEqual(['isolateNode']);
    expect(settled.commands[0]?.expected).toEqual({ nodeUid: 'u2' });
  });
});

describe('a stronger fault', () => {
  it('given a weaker process, when a stronger fault fires, then its workflow takes over without a return', () => {
    const node = isolated('KernelDeadlock');
    const { id } = node.process;
    expect(node.report('DiskFailure').revoke).toHaveLength(1);
    const takenOver = node.answer('requestMigration', 'revoked');
    expect(told(takenOver).facts).toContain('WorkflowChanged');
    expect(told(takenOver).commands).toEqual(['isolateNode']);
    expect(node.process).toMatchObject({ id, workflow: 'hardware-repair', context: { isolated: true } });
    expect(node.commands.map(({ type }) => type)).not.toContain('giveBack');
  });

  it('given an attempt under way, when a stronger fault fires, then it is waited for', () => {
    const node = isolated('KernelDeadlock');
    node.report('DiskFailure');
    expect(node.process).toMatchObject({ workflow: 'reboot', stage: 'settling' });
    node.answer('requestMigration', 'done', { pods: [] });
    expect(node.process.workflow).toBe('hardware-repair');
  });

  /** A disk fails while the kubelet is being restarted, and the node looks healthy afterwards. */
  function healthyButForItsDisk(): DecidedNode {
    const node = isolated('KubeletUnhealthy');
    node.report('DiskFailure');
    expect(node.process).toMatchObject({ workflow: 'component-restart', stage: 'restartingComponent' });
    node.answer('restartComponent', 'done');
    node.answer('observeNode', 'done', { observation: node.observation('b1') });
    return node;
  }

  it('given it fired past the point of no return, when it is not cleared, then health does not verify it away', () => {
    const node = healthyButForItsDisk();
    const { id } = node.process;
    node.fire('verify-check');
    expect(node.process).toMatchObject({ id, workflow: 'hardware-repair', stage: 'isolating' });
    expect(node.state.faults.DiskFailure).toBeDefined();
  });

  it('given it fired past the point of no return, when it clears by the weaker recovery, then that is enough', () => {
    const node = healthyButForItsDisk();
    node.report('DiskFailure', { status: 'cleared' });
    node.fire('verify-check');
    node.answer('observeNode', 'done', { observation: node.observation('b1') });
    node.answer('giveBack', 'done');
    expect(node.outcome).toBe('Recovered');
  });

  it('given it fired past the point of no return, when the recovery fails, then its own ladder is climbed', () => {
    const node = isolated('KubeletUnhealthy');
    node.report('DiskFailure');
    node.answer('restartComponent', 'failed');
    expect(node.process).toMatchObject({
      workflow: 'hardware-repair',
      context: { faultType: 'DiskFailure' },
    });
  });

  it('given a fault of equal strength, then nothing is taken over', () => {
    const node = isolated('DiskFailure');
    node.report('MemoryFailure');
    expect(node.process.workflow).toBe('hardware-repair');
    expect(node.facts.map(({ type }) => type)).not.toContain('WorkflowChanged');
  });
});

describe('the ladder', () => {
  /** Every rung of KubeletUnhealthy fails in turn. */
  function exhausted(): DecidedNode {
    const node = isolated('KubeletUnhealthy');
    node.answer('restartComponent', 'failed');
    expect(node.process.workflow).toBe('reboot');
    node.isolate();
    node.reboot();
    node.overdue('boot-deadline');
    expect(node.process.workflow).toBe('reinstall');
    node.isolate('b2');
    node.answer('requestMigration', 'done', { pods: [] });
    node.answer('reimage', 'failed');
    return node;
  }

  it('given each rung fails, then the next follows in order, and after the last a person is asked', () => {
    const node = exhausted();
    expect(node.process.stage).toBe('waitingForPerson');
    const asked = node.facts.at(-1);
    expect(asked).toMatchObject({ type: 'PersonAsked' });
    expect(asked?.data['orders']).toEqual(['retry', 'skip', 'repaired', 'dismiss', 'abort']);
    expect(node.facts.filter(({ type }) => type === 'ProcessStarted')).toHaveLength(1);
  });

  it('given every attempt is used up, when the fault comes again, then it isolates and asks at once', () => {
    const node = exhausted();
    node.order('abort');
    expect(told(node.answer('handOver', 'done')).facts).toContain('FaultLeft');
    expect(node.outcome).toBe('HandedToHuman');
    expect(node.report('KubeletUnhealthy').report?.fate).toBe('repeated');
    expect(node.report('KubeletUnhealthy', boot('b3')).report?.fate).toBe('recurred');
    expect(told(node.isolate('b3')).commands).toEqual([]);
    expect(node.process.stage).toBe('waitingForPerson');
  });

  it('given the window of the attempts is over, when the fault comes again, then the ladder begins anew', () => {
    const node = exhausted();
    node.order('abort');
    node.answer('handOver', 'done');
    node.wait(24 * 3_600_000 + 1).report('KubeletUnhealthy', boot('b3'));
    expect(node.process).toMatchObject({ workflow: 'component-restart', rung: 0 });
    expect(node.process.context.exhausted).toBeUndefined();
  });

  it('given one attempt of a rung was used, when the fault comes again, then that rung is left out', () => {
    const node = isolated('KubeletUnhealthy');
    node.answer('restartComponent', 'done');
    const healthy = { observation: node.observation('b1') };
    node.answer('observeNode', 'done', healthy);
    node.fire('verify-check');
    node.answer('observeNode', 'done', healthy);
    node.answer('giveBack', 'done');
    expect(node.outcome).toBe('Recovered');
    node.report('KubeletUnhealthy', boot('b1'));
    expect(node.process.workflow).toBe('reboot');
  });

  it('given a process that was cancelled before it isolated, when the fault comes again, then no rung was used', () => {
    const node = new DecidedNode();
    node.report('KubeletUnhealthy', boot('b1'));
    node.report('KubeletUnhealthy', { ...boot('b1'), status: 'cleared' });
    node.answer('isolateNode', 'revoked');
    expect(node.outcome).toBe('Cancelled');
    node.report('KubeletUnhealthy', boot('b1'));
    expect(node.process.workflow).toBe('component-restart');
  });
});

describe('a node that others change', () => {
  it('given a process, when its node is deleted, then its commands are revoked and it ends as Retired', () => {
    const node = evacuating();
    node.fire('workload-check');
    const deleted = node.change({ change: 'deleted' });
    expect(told(deleted).facts[0]).toBe('NodeDeleted');
    expect(deleted.revoke).toHaveLength(1);
    node.answer('observeWorkload', 'revoked');
    expect(node.outcome).toBe('Retired');
    expect(node.state.faults).toEqual({});
    expect(node.change({ change: 'deleted' }).facts).toEqual([]);
  });

  it('given no process, when a node with a fault left is deleted, then its faults are closed', () => {
    const node = isolated();
    node.order('abort');
    node.answer('requestMigration', 'revoked');
    node.answer('handOver', 'done');
    expect(told(node.change({ change: 'deleted' })).facts).toEqual(['NodeDeleted', 'FaultCleared']);
  });

  it('given a deleted node, when a report of it comes, then no process starts before it appears again', () => {
    const node = new DecidedNode();
    node.change({ change: 'deleted' });
    expect(told(node.report('KernelDeadlock')).facts).toEqual(['FaultOpened']);
    const back = node.change({ change: 'appeared', nodeUid: 'u2' as NodeUid });
    expect(told(back).commands).toEqual(['isolateNode']);
  });

  it('given an isolated node, when another object appears under its name, then it is isolated before all else', () => {
    const node = evacuating();
    const back = node.change({
      change: 'appeared',
      nodeUid: 'u2' as NodeUid,
      machineId: 'm1' as MachineId,
    });
    expect(told(back).facts[0]).toBe('NodeAppeared');
    expect(told(back).commands).toEqual(['isolateNode']);
    expect(node.process.stage).toBe('isolating');
  });

  it('given a boot that was not ours before the power went off, then the node is looked at and isolated anew', () => {
    const node = evacuating();
    const rebooted = node.change({ change: 'rebooted', nodeUid: 'u1' as NodeUid, ...boot('b9') });
    expect(told(rebooted).facts[0]).toBe('NodeRebooted');
    expect(told(rebooted).commands).toEqual(['isolateNode']);
  });

  it('given the same news twice, then the second says nothing', () => {
    const node = new DecidedNode();
    const change = { change: 'appeared', nodeUid: 'u1' as NodeUid, ...boot('b1') } as const;
    expect(told(node.change(change)).facts).toEqual(['NodeAppeared']);
    expect(told(node.change(change)).facts).toEqual([]);
  });
});

describe('a signal that comes too late', () => {
  it('given a result that was counted, when it comes again, then it is a fact and changes nothing', () => {
    const node = new DecidedNode();
    node.report('KernelDeadlock');
    const [command] = node.commands;
    if (command === undefined) throw new Error('no command was issued');
    node.isolate();
    const again = node.signal({
      kind: 'CommandResult',
      result: {
        commandId: command.id,
        commandType: command.type,
        processId: command.processId,
        stageEntry: command.stageEntry,
        status: 'failed',
        detail: {},
      },
    });
    expect(told(again)).toEqual({ facts: ['SignalIgnoredAsStale'], commands: [] });
    expect(node.process.stage).toBe('requestingMigration');
  });

  it('given a timer of an earlier stage entry, then it is a fact and changes nothing', () => {
    const node = evacuating();
    const entry = node.process.context.stageEntry;
    node.fire('workload-check');
    node.answer('observeWorkload', 'done', { pods: [] });
    expect(told(node.fire('evacuation-deadline', entry))).toEqual({
      facts: ['SignalIgnoredAsStale'],
      commands: [],
    });
  });

  it('given another migration request or announcement, then it is a fact and changes nothing', () => {
    const node = evacuating();
    const { id: processId } = node.process;
    const reply: MigrationReply = { requestId: 'other', processId, pod, status: 'moved', by: 'migrator' };
    expect(told(node.decide({ kind: 'migration-reply', reply })).facts).toEqual(['SignalIgnoredAsStale']);
    const announced = { kind: 'MigrationAnnounced', processId, stageEntry: 1, requestId: 'other' } as const;
    expect(told(node.signal(announced)).facts).toEqual(['SignalIgnoredAsStale']);
  });

  it('given the present request, when its pods are said to have moved, then the node is looked at', () => {
    const node = evacuating();
    const { id: processId, context } = node.process;
    const requestId = context.migrationRequestId ?? '';
    const reply: MigrationReply = { requestId, processId, pod, status: 'moved', by: 'migrator' };
    expect(told(node.decide({ kind: 'migration-reply', reply }))).toEqual({
      facts: ['MigrationProgressed', 'ProcessAdvanced'],
      commands: ['observeWorkload'],
    });
  });

  it('given a stage that lasts too long, then that is a fact, and is said again after as long', () => {
    const overdue = evacuating().fire('stage-overdue');
    expect(told(overdue)).toEqual({ facts: ['StageOverdue'], commands: [] });
    expect(overdue.timers.map(({ name }) => name)).toEqual(['stage-overdue']);
  });
});

describe('an order', () => {
  const running = stages.filter((stage) => !Object.hasOwn(outcomeOfStage, stage));
  const table = running.flatMap((stage) => orderKinds.map((kind) => ({ stage, kind })));

  it.each(table)('to $kind while $stage is taken exactly where the table says so', ({ stage, kind }) => {
    const node = isolated('DiskFailure');
    const { process } = node;
    const context = { ...process.context, open: [], waitingFor: 'you' };
    const workflow = workflowNames.find((name) => machineOf(name, activeVersion[name]).states[stage]);
    if (workflow === undefined) throw new Error(`no workflow has a stage ${stage}`);
    node.state = { ...node.state, process: { ...process, workflow, stage, context } };
    const taken = takesOrder(stage, kind);
    const decision = node.order(kind);
    expect(decision.facts[0]).toMatchObject({
      type: taken ? 'OrderTaken' : 'OrderRefused',
      data: { kind, subject: 'anna' },
    });
    if (!taken) expect([decision.facts.length, ...decision.commands, ...decision.revoke]).toEqual([1]);
    else expect(node.state.process?.stage).not.toBe(stage === 'settling' ? '' : stage);
  });

  it('given the process is over, then the order is refused and says so', () => {
    const refused = isolated().order('abort', 'p-another' as ProcessId);
    expect(refused.facts[0]).toMatchObject({
      type: 'OrderRefused',
      data: { refusal: 'the process is over' },
    });
  });

  it('given a repair, when it is ordered as repaired, then the machine is powered on and verified, not returned', () => {
    const node = isolated('DiskFailure');
    node.answer('requestMigration', 'done', { pods: [] });
    node.answer('powerOff', 'done');
    node.answer('openTicket', 'done', { ticket: 'T-1' });
    expect(told(node.order('repaired')).commands).toEqual(['powerOn']);
    node.answer('powerOn', 'done');
    node.recover();
    expect(node.outcome).toBe('Recovered');
  });
});

describe('lost input', () => {
  it('given something goes on, then that input was lost stands in the history, and the process goes on', () => {
    const node = isolated();
    const before = node.process;
    const lost = { group: 'maintenance', topic: 'fault.reports', partition: 0, from: 3, to: 9 };
    const decision = node.signal({ kind: 'InputLost', lost });
    expect(decision.facts).toMatchObject([{ type: 'InputLost', processId: before.id, data: lost }]);
    expect(node.process).toEqual(before);
  });
});
