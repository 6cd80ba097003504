import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { Leave } from '../../../adapters/ports/change-guard.js';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import type { NodeLeases } from '../../../adapters/ports/node-lease.js';
import type { PowerController, PowerState } from '../../../adapters/ports/power.js';
import type { Command, CommandParameters, CommandResult, CommandType } from '../../../domain/command.js';
import type { BootId, ChangeId, NodeKey, NodeName, NodeUid, ProcessId } from '../../../domain/identifiers.js';
import { runExecutor, type RunningExecutor } from '../../../services/executor/executor.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { commandFor, processId, silent } from './command-for.js';
import { QueueOfOne } from './queue-of-one.js';

/** A BMC that does as it is told at once, unless it is deaf. */
class TestPower implements PowerController {
  power: PowerState['power'] = 'On';
  deaf = false;
  readonly told: string[] = [];

  knows(): boolean {
    return true;
  }

  read() {
    return Promise.resolve({ kind: 'ok', value: { power: this.power } } as const);
  }

  forceOff() {
    return this.#tell('ForceOff', 'Off');
  }

  on() {
    return this.#tell('On', 'On');
  }

  bootFromNetworkOnce() {
    this.told.push('Pxe');
    return Promise.resolve({ kind: 'ok', value: true } as const);
  }

  #tell(what: string, becomes: 'On' | 'Off') {
    this.told.push(what);
    if (!this.deaf) this.power = becomes;
    return Promise.resolve({ kind: 'ok', value: true } as const);
  }
}

let server: SimulatedApiServer;
let cluster: ConnectedCluster;
let queue: QueueOfOne;
let power: TestPower;
let executor: RunningExecutor;
let stopping: AbortController;
let uid: NodeUid;
/** What the watch of this process saw, if it saw anything. */
let seen: KubernetesNode | undefined;
let reads: number;
/** Whether its cluster was looked at since the epoch began. */
let lookedAt: boolean;
let leave: Leave;

const leases = new Map<string, NodeLeases>();

beforeEach(async () => {
  server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
  uid = server.kubelets.registerNode({
    name: 'n1',
    providerID: 'machine-1',
    nodeInfo: { bootID: 'b1', osImage: 'os 1' },
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'KernelDeadlock', status: 'True' },
    ],
  }) as NodeUid;
  const access = { server: server.baseUrl, token: () => 't' };
  cluster = connectCluster({
    cluster: 'a',
    access,
    clock: systemClock,
    randomness: systemRandomness,
    version: 'test',
  });
  queue = new QueueOfOne();
  power = new TestPower();
  seen = undefined;
  reads = 0;
  lookedAt = true;
  leave = { kind: 'ask', budgets: [], askAgainAt: {} };
  stopping = new AbortController();
  leases.clear();
  executor = runExecutor({
    queue,
    clusters: new Map([['a', { ...cluster, nodeSeen: () => seen, getNode: countedRead }]]),
    power,
    guard: { ask: () => Promise.resolve(leave) },
    leases,
    firstLooks: { isOver: () => lookedAt },
    clock: systemClock,
    randomness: systemRandomness,
    settings: { ...defaultExecutorSettings, installation: 'inst1', pollMs: 5, powerDeadlineMs: 40 },
    signal: stopping.signal,
    log: silent,
  });
});

afterEach(async () => {
  stopping.abort();
  await executor.ended;
  await cluster.close();
  await server.stop();
});

type Expected = Command['expected'];

function command<Type extends CommandType>(
  type: Type,
  parameters: CommandParameters[Type],
  expected: Expected = { nodeUid: uid, bootId: 'b1' as BootId },
  process = processId,
): Extract<Command, { type: Type }> {
  return commandFor(type, parameters, { node: 'a/n1' as NodeKey, expected, processId: process });
}

async function result(...given: Parameters<QueueOfOne['carryOut']>): Promise<CommandResult> {
  const ending = await queue.carryOut(...given);
  if (typeof ending === 'string') throw new Error(`postponed: ${ending}`);
  return ending;
}

async function node(): Promise<KubernetesNode> {
  const answer = await cluster.getNode('n1');
  if (answer.kind !== 'ok') throw new Error(answer.kind);
  return answer.value;
}

function countedRead(name: string) {
  reads += 1;
  return cluster.getNode(name);
}

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
  await fetch(server.baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

const isolate = () => command('isolateNode', { cordon: true, reason: 'KernelDeadlock' });

function firstAnnotation(key: string): Promise<unknown> {
  return cluster.patchNode('n1', [{ op: 'add', path: '/metadata/annotations', value: { [key]: 'mine' } }]);
}

function hold(): Promise<unknown> {
  return cluster.patchNode('n1', [
    { op: 'add', path: '/metadata/annotations/faultline.dev~1hold', value: 'mine' },
  ]);
}

function nodePatches(): number {
  return server.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/nodes/')).length;
}

describe('the executor, on an API server', () => {
  it('given a faulty node, when it is isolated and given back, then it is as it was', async () => {
    const before = (await node()).spec;
    const isolated = await result(isolate());
    expect(isolated).toMatchObject({
      status: 'done',
      detail: { cordoned: true, observation: { isolatedBy: processId } },
    });
    expect((await node()).spec.unschedulable).toBe(true);
    expect(await result(isolate())).toMatchObject({ status: 'done' });
    expect(nodePatches()).toBe(1);
    expect(await result(command('giveBack', {}))).toMatchObject({ status: 'done' });
    expect((await node()).spec.unschedulable).toBeUndefined();
    expect((await node()).spec.taints ?? []).toEqual(before.taints ?? []);
  });

  it('given a cluster that was not looked at in a new epoch, when a command comes, then it waits without a word to the API server, and no try is counted', async () => {
    lookedAt = false;
    for (let time = 0; time < 30; time += 1)
      expect(await queue.carryOut(isolate())).toBe('ClusterNotLookedAt');
    expect({ reads, patches: nodePatches() }).toEqual({ reads: 0, patches: 0 });
    lookedAt = true;
    expect(await result(isolate())).toMatchObject({ status: 'done' });
  });

  it('given mode observe, when a command writes, then it is withheld and nothing is written', async () => {
    expect(await result({ ...isolate(), mode: 'observe' })).toMatchObject({ status: 'withheld' });
    expect(server.requests).toHaveLength(0);
  });

  it('given a report of a boot that is over or a condition seen good, then isolation is not needed', async () => {
    const stale = { cordon: true, reason: 'x', reportedBootId: 'b0' as BootId };
    expect(await result(command('isolateNode', stale))).toMatchObject({
      status: 'unneeded',
      detail: { reason: 'StaleReport' },
    });
    const good = {
      cordon: true,
      reason: 'x',
      stillFiring: { condition: 'Ready', status: 'Unknown' },
    } as const;
    expect(await result(command('isolateNode', good))).toMatchObject({
      status: 'unneeded',
      detail: { reason: 'NotFiringNow' },
    });
    expect(nodePatches()).toBe(0);
  });

  it('given another incarnation or no node at all, then nothing is done to it', async () => {
    const other = { nodeUid: 'u-other' as NodeUid };
    expect(await result(command('isolateNode', { cordon: true, reason: 'x' }, other))).toMatchObject({
      status: 'failed',
      detail: { reason: 'IdentityChanged' },
    });
    server.kubelets.deregisterNode('n1');
    expect(await result(command('observeNode', {}))).toMatchObject({
      status: 'unneeded',
      detail: { reason: 'NodeGone', nodeGone: true },
    });
  });

  it("given another process's isolation, then it is neither taken nor returned", async () => {
    await result(isolate());
    const foreign = 'p-ffffffffffffffff' as ProcessId;
    for (const type of ['isolateNode', 'giveBack'] as const) {
      const parameters = type === 'isolateNode' ? { cordon: true, reason: 'x' } : {};
      const asked = command(type, parameters, { nodeUid: uid }, foreign);
      expect(await result(asked)).toMatchObject({ status: 'failed', detail: { reason: 'ForeignIsolation' } });
    }
  });

  it("given a person's hold, then the node is not given back", async () => {
    await result(isolate());
    await hold();
    expect(await result(command('giveBack', {}))).toMatchObject({
      status: 'failed',
      detail: { hold: 'mine' },
    });
    expect((await node()).spec.unschedulable).toBe(true);
  });

  it('given a node that a watch has seen, when it is isolated, then it is patched without being read', async () => {
    seen = await node();
    expect(await result(isolate())).toMatchObject({ status: 'done', detail: { cordoned: true } });
    expect(reads).toBe(0);
  });

  it('given a hold that the watch has not seen yet, when the node is to be isolated, then it is left alone', async () => {
    seen = await node();
    await firstAnnotation('faultline.dev/hold');
    expect(await result(isolate())).toMatchObject({ status: 'failed', detail: { reason: 'Held' } });
    expect((await node()).spec.unschedulable).toBeUndefined();
  });

  it('given a hold that was taken off and the watch still sees, then the node is read and isolated', async () => {
    await firstAnnotation('faultline.dev/hold');
    seen = await node();
    await cluster.patchNode('n1', [{ op: 'remove', path: '/metadata/annotations/faultline.dev~1hold' }]);
    expect(await result(isolate())).toMatchObject({ status: 'done' });
  });

  it('given an isolated node, when it is handed over, then it stays cordoned with a hold and without our taint', async () => {
    await result(isolate());
    await result(command('handOver', { reason: 'look at it' }));
    const { metadata, spec } = await node();
    expect(spec.unschedulable).toBe(true);
    expect(spec.taints?.some(({ key }) => key === 'faultline.dev/maintenance')).not.toBe(true);
    expect(metadata.annotations?.['faultline.dev/hold']).toBe('look at it');
  });

  it('given an isolated node, when its power goes off, then it is told once and observed', async () => {
    await result(isolate());
    expect(await result(command('powerOff', {}))).toMatchObject({ status: 'done' });
    expect(power.told).toEqual(['ForceOff']);
  });

  it('given a node that nobody isolated, when its power is to go off, then it stays on', async () => {
    expect(await result(command('powerOff', {}))).toMatchObject({
      status: 'failed',
      detail: { reason: 'NotIsolated' },
    });
    expect(power.told).toEqual([]);
  });

  it('given a try that nobody saw end, then the power is only observed', async () => {
    await result(isolate());
    const unfinished = { unfinishedAttempt: true, attempts: 1 };
    expect(await result(command('powerOff', {}), unfinished)).toMatchObject({ status: 'unknown' });
    power.power = 'Off';
    expect(await result(command('powerOff', {}), unfinished)).toMatchObject({ status: 'done' });
    expect(power.told).toEqual([]);
  });

  it('given a command that another copy attempted since it was read, then nothing is done by what was read', async () => {
    await result(isolate());
    queue.attemptsByOthers = 1;
    expect(await queue.carryOut(command('powerOff', {}))).toBe('AttemptedByOthers');
    expect(power.told).toEqual([]);
  });

  it('given a cluster with leases, when a node is isolated, then it is with its lease, or not at all', async () => {
    const own = cluster.nodeLeases('us');
    await post('/api/v1/namespaces', { metadata: { name: 'medik8s-leases' } });
    await cluster.nodeLeases('them').take('n1' as NodeName);
    leases.set('a', own);
    expect(await queue.carryOut(isolate())).toBe('HeldByLease: them');
    expect(nodePatches()).toBe(0);
    const given = await cluster.nodeLeases('them').held();
    await cluster.nodeLeases('them').release('n1' as NodeName, given?.[0]?.version ?? '');
    expect(await result(isolate())).toMatchObject({ status: 'done' });
    expect(await own.held()).toMatchObject([{ node: 'n1' }]);
    leases.set('a', cluster.nodeLeases('others'));
    expect(await result(command('giveBack', {}))).toMatchObject({ status: 'done' });
  });

  it('given a node that somebody else has leave to change, then the command waits for that, and says so', async () => {
    await result(isolate());
    queue.heldBy = 'c-1' as ChangeId;
    expect(await queue.carryOut(command('powerOff', {}))).toBe('HeldByChange: c-1');
    expect(power.told).toEqual([]);
  });

  it('given a rate that is full for the rest of the day, then it stays in that line and keeps no room of others meanwhile: nobody else was repaired in a small cluster', async () => {
    const line = 'node-repairs/rate/a/n1';
    const claim = { counter: `${line}/today`, line, operation: 'isolate', cap: 9, until: 'never' } as const;
    const askAgainAt = { [claim.counter]: Date.now() + 60_000 };
    leave = { kind: 'ask', budgets: [{ ...claim, isFarOff: true }], askAgainAt };
    queue.full = claim.counter;
    expect(await queue.carryOut(isolate())).toBe(`BudgetFull: ${claim.counter}`);
    expect(queue.line).toBe(line);
  });

  it('given a claim that runs out while the queue is slow to answer, then the command is taken up all the same', async () => {
    queue.dueWhileRead = true;
    expect(await result(isolate())).toMatchObject({ status: 'done' });
  });

  it('given a deaf BMC, then nobody saw the power go off, and it is not told again', async () => {
    await result(isolate());
    power.deaf = true;
    expect(await result(command('powerOff', {}))).toMatchObject({ status: 'unknown' });
    expect(power.told).toEqual(['ForceOff']);
  });

  it('given power that is on, then the workload is not fenced; fenced, then it is not powered on', async () => {
    await result(isolate());
    const fence = command('fenceWorkload', { pods: [] });
    expect(await result(fence)).toMatchObject({ status: 'failed', detail: { reason: 'PowerNotOff' } });
    power.power = 'Off';
    expect(await result(fence)).toMatchObject({ status: 'done' });
    expect(await result(command('powerOn', {}))).toMatchObject({
      status: 'failed',
      detail: { reason: 'StillFenced' },
    });
    expect(await result(command('unfenceWorkload', {}))).toMatchObject({ status: 'done' });
    expect(await result(command('powerOn', {}))).toMatchObject({ status: 'done' });
  });

  it('given an API server that throttles, then the command waits and says why', async () => {
    server.disturbances.order({
      matches: ({ resource }) => resource === 'nodes',
      times: 1,
      when: 'before-acting',
      answer: { kind: 'refusal', code: 503 },
    });
    expect(await queue.carryOut(isolate())).toBe('Throttled');
  });
});
