import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import { MemoryFleetInventory } from '../../../adapters/memory/journal/inventory.js';
import { createMemoryStore } from '../../../adapters/memory/journal.js';
import type { ClusterName, NodeKey } from '../../../domain/identifiers.js';
import type { KubernetesCluster, NodeEvent } from '../../../adapters/ports/kubernetes.js';
import type { Report } from '../../../domain/report.js';
import { defaultConditionRules } from '../../../services/detector/condition-rules.js';
import {
  runDetector,
  type DetectorSettings,
  type RunningDetector,
} from '../../../services/detector/detector.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const settings: DetectorSettings = {
  rules: defaultConditionRules,
  source: 'detector',
  refreshMs: 60_000,
  lease: undefined,
  poolLabel: 'pool',
  zoneLabel: 'zone',
  guardLabels: () => [],
  installation: 'inst1',
};

let server: SimulatedApiServer;
let cluster: ConnectedCluster;
/** Boot and readiness of each look that the detector has taken in. */
let watched: string[];
let inventory: MemoryFleetInventory;
let detectors: { readonly stopping: AbortController; readonly running: RunningDetector }[];
/** What the log took: ids, and in short what was said. */
let ids: string[];
let said: string[];
/** What the log was asked to take. */
let tried: string[];
/** The log takes what is said, and its answer does not come. */
let answersLost: boolean;
/** So many times the log does not take what is said. */
let gaps = 1;
let failures: number;

beforeEach(async () => {
  server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
  register();
  cluster = connectCluster({
    cluster: 'a',
    access: { server: server.baseUrl, token: () => 't' },
    clock: systemClock,
    randomness: systemRandomness,
    version: 'test',
  });
  const options = { partitionCount: 1, outboxPartitions: 1, randomness: systemRandomness };
  inventory = new MemoryFleetInventory(createMemoryStore(options));
  detectors = [];
  ids = [];
  said = [];
  tried = [];
  watched = [];
  failures = 0;
  answersLost = false;
});

afterEach(async () => {
  await stopAll();
  await cluster.close();
  await server.stop();
});

async function stopAll(): Promise<void> {
  for (const { stopping } of detectors) stopping.abort();
  await Promise.all(detectors.map(({ running }) => running.ended));
}

function register(): void {
  server.kubelets.registerNode({
    name: 'n1',
    nodeInfo: { bootID: 'b1', systemUUID: 's1' },
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'KernelDeadlock', status: 'False' },
    ],
  });
}

function deadlock(status: 'True' | 'False'): void {
  server.kubelets.setConditions('n1', [{ type: 'KernelDeadlock', status }]);
}

function take(id: string, what: string): Promise<void> {
  tried.push(what);
  failures -= 1;
  if (failures >= 0) return Promise.reject(new Error('the log is away'));
  ids.push(id);
  said.push(what);
  return answersLost ? Promise.reject(new Error('no answer')) : Promise.resolve();
}

async function* watchNodes(...asked: Parameters<KubernetesCluster['watchNodes']>): AsyncGenerator<NodeEvent> {
  for await (const event of cluster.watchNodes(...asked)) {
    yield event;
    if (event.kind === 'listed' || event.kind === 'bookmark') continue;
    const { nodeInfo, conditions } = event.node.status;
    const ready = conditions?.find(({ type }) => type === 'Ready');
    watched.push(`${nodeInfo?.bootID ?? ''} Ready ${ready?.status ?? ''}`);
  }
}

function detect(
  changes: Partial<DetectorSettings> = {},
  watch: KubernetesCluster['watchNodes'] = watchNodes,
): RunningDetector {
  const stopping = new AbortController();
  const running = runDetector({
    cluster: { ...cluster, watchNodes: watch },
    clusterName: 'a' as ClusterName,
    inventory,
    emitReport: (report: Report) => take(report.id, `${report.node} ${report.type} ${report.status}`),
    emitChange: (node, change, causeId) => take(causeId, `${node} ${change.change}`),
    inputGaps: () => Promise.resolve(gaps),
    clock: systemClock,
    // Waits after trouble are short.
    randomness: { ...systemRandomness, next: () => 0 },
    settings: { ...settings, ...changes },
    signal: stopping.signal,
    log: silent,
  });
  detectors.push({ stopping, running });
  return running;
}

const soon = { timeout: 10_000 };

function isOver(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // On a busy machine it may be over before anybody waits for it.
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** The list, and then nothing for as long as the watch lasts. */
async function* listOnly(...asked: Parameters<KubernetesCluster['watchNodes']>): AsyncGenerator<NodeEvent> {
  for await (const event of cluster.watchNodes(...asked)) {
    yield event;
    return;
  }
}

async function observedAt(): Promise<number> {
  return (await inventory.picture('a'))?.observedAt ?? -Infinity;
}

describe('the detector, on an API server', () => {
  it('given a condition that turns bad and good, then it fires and clears once', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    deadlock('True');
    await expect.poll(() => said, soon).toEqual(['a/n1 appeared', 'n1 KernelDeadlock firing']);
    deadlock('False');
    await expect.poll(() => said.slice(2), soon).toEqual(['n1 KernelDeadlock cleared']);
    expect(await inventory.member('a/n1' as NodeKey)).toMatchObject({ unavailable: false });
  });

  it('given a restart, then what is said again has the same ids, and nothing is invented', async () => {
    deadlock('True');
    detect();
    await expect.poll(() => said, soon).toHaveLength(2);
    await stopAll();
    detect();
    await expect.poll(() => said, soon).toHaveLength(4);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  });

  it('given the history is forgotten, when the nodes are listed anew, then nothing is said again', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    server.forgetHistory();
    deadlock('True');
    await expect.poll(() => said, soon).toEqual(['a/n1 appeared', 'n1 KernelDeadlock firing']);
  });

  it('given a policy that names another label, then all nodes are listed anew with it, and nothing is said again', async () => {
    let labels: readonly string[] = [];
    detect({ refreshMs: 20, guardLabels: () => labels });
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ labels: {} });
    labels = ['kubernetes.io/hostname'];
    const kept = { 'kubernetes.io/hostname': 'n1' };
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ labels: kept });
    expect(said).toEqual(['a/n1 appeared']);
  });

  it('given input was lost, then everything is listed and said anew, under the same ids', async () => {
    deadlock('True');
    const running = detect({ refreshMs: 20 });
    await expect.poll(() => said, soon).toHaveLength(2);
    await expect.poll(() => running.isReady(), soon).toBe(true);
    gaps += 1;
    await expect.poll(() => said, soon).toHaveLength(4);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    await expect.poll(() => running.isReady(), soon).toBe(true);
    deadlock('False');
    await expect.poll(() => said.slice(4), soon).toEqual(['n1 KernelDeadlock cleared']);
  });

  it('given a node goes, comes back and boots, then each is a change', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    server.kubelets.setNodeInfo('n1', { bootID: 'b2' });
    await expect.poll(() => said, soon).toEqual(['a/n1 appeared', 'a/n1 rebooted']);
    server.kubelets.deregisterNode('n1');
    await expect.poll(() => said.slice(2), soon).toEqual(['a/n1 deleted']);
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toBeUndefined();
    register();
    await expect.poll(() => said.slice(3), soon).toEqual(['a/n1 appeared']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('given the log is away for a while, then what was seen is said once it is back', async () => {
    failures = 2;
    deadlock('True');
    detect();
    await expect.poll(() => said, soon).toEqual(['a/n1 appeared', 'n1 KernelDeadlock firing']);
  });

  it('given the log is away, when a node is bad and well again meanwhile, then nothing of it is said late', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    failures = Infinity;
    server.kubelets.setNodeInfo('n1', { bootID: 'b2' });
    server.kubelets.setConditions('n1', [{ type: 'Ready', status: 'False' }]);
    await expect.poll(() => tried, soon).toContain('a/n1 rebooted');
    server.kubelets.setConditions('n1', [{ type: 'Ready', status: 'True' }]);
    await expect.poll(() => watched.at(-1), soon).toBe('b2 Ready True');
    expect(running.underWay()).toBe(2);
    failures = 0;
    deadlock('True');
    await expect.poll(() => said.slice(1), soon).toEqual(['a/n1 rebooted', 'n1 KernelDeadlock firing']);
  });

  it('given a report whose answer is lost, when the node is well again, then the end of it is said', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    answersLost = true;
    deadlock('True');
    await expect.poll(() => said, soon).toContain('n1 KernelDeadlock firing');
    deadlock('False');
    await expect.poll(() => said.at(-1), soon).toBe('n1 KernelDeadlock cleared');
    answersLost = false;
    await expect.poll(() => running.underWay(), soon).toBe(0);
    expect(said.at(-1)).toBe('n1 KernelDeadlock cleared');
  });

  it('given a lease that is not renewed, then NodeNotReady fires although the node still counts as Ready', async () => {
    server.kubelets.setAlive('n1', false);
    const running = detect({ lease: { staleMs: 20, checkMs: 10 } });
    await expect.poll(() => running.isReady(), soon).toBe(true);
    await expect.poll(() => said, soon).toEqual(['a/n1 appeared', 'n1 NodeNotReady firing']);
  });

  it('given the log is away, when a lease goes stale and is renewed meanwhile, then at most its end is said', async () => {
    const running = detect({ lease: { staleMs: 300, checkMs: 10 } });
    await expect.poll(() => running.isReady(), soon).toBe(true);
    failures = Infinity;
    server.kubelets.setAlive('n1', false);
    await expect.poll(() => tried, soon).toContain('n1 NodeNotReady firing');
    server.kubelets.setAlive('n1', true);
    await expect.poll(() => tried, soon).toContain('n1 NodeNotReady cleared');
    failures = 0;
    await expect.poll(() => said.slice(1), soon).toEqual(['n1 NodeNotReady cleared']);
  });

  it('given a watch that is broken while the API server answers all else, then the inventory grows old: it was called fresh', async () => {
    const answered = vi.spyOn(cluster, 'version');
    const running = detect({ refreshMs: 20 }, async function* (signal, onTrouble, onAnswer) {
      yield* listOnly(signal, onTrouble, onAnswer);
      onTrouble('the watch of nodes broke: 403');
      await isOver(signal);
    });
    await expect.poll(() => running.isReady(), soon).toBe(true);
    const listedAt = await observedAt();
    await systemClock.waitUntil(systemClock.now() + 300);
    expect(await observedAt()).toBe(listedAt);
    expect(running.trouble()).toBe('the watch of nodes broke: 403');
    expect(answered).not.toHaveBeenCalled();
  });

  it('given bookmarks alone, then the inventory is as fresh as the last one', async () => {
    let bookmark: () => void = () => undefined;
    let lists = 0;
    const running = detect({ refreshMs: 20 }, async function* (signal, onTrouble, onAnswer) {
      yield* listOnly(signal, onTrouble, onAnswer);
      lists += 1;
      // In trouble nothing is listed anew.
      onTrouble('the server is slow');
      while (!signal.aborted) {
        await Promise.race([isOver(signal), new Promise<void>((resolve) => (bookmark = resolve))]);
        yield { kind: 'bookmark' };
      }
    });
    await expect.poll(() => running.isReady(), soon).toBe(true);
    const listedAt = await observedAt();
    await systemClock.waitUntil(listedAt + 50);
    bookmark();
    await expect.poll(observedAt, soon).toBeGreaterThanOrEqual(listedAt + 50);
    expect(lists).toBe(1);
  });

  it('given a watch that stands and says nothing, then all is listed anew, so that a dead connection hides no node', async () => {
    const whileListing: (number | undefined)[] = [];
    const running = detect({ refreshMs: 20 }, async function* (signal, onTrouble, onAnswer) {
      whileListing.push(detectors[0]?.running.underWay());
      yield* listOnly(signal, onTrouble, onAnswer);
      await isOver(signal);
    });
    await expect.poll(() => running.isReady(), soon).toBe(true);
    const listedAt = await observedAt();
    server.kubelets.setConditions('n1', [{ type: 'Ready', status: 'False' }]);
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ unavailable: true });
    expect(await observedAt()).toBeGreaterThan(listedAt);
    await expect.poll(() => said, soon).toContain('n1 NodeNotReady firing');
    // The first time it has only just begun.
    expect(whileListing.slice(1)).not.toContain(0);
  });

  it('given the log is away, when a node is not ready, then it counts as unavailable at once: it counted as in service until the log was back', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    failures = Infinity;
    server.kubelets.setConditions('n1', [{ type: 'Ready', status: 'False' }]);
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ unavailable: true });
    server.kubelets.deregisterNode('n1');
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toBeUndefined();
    expect(said).toEqual(['a/n1 appeared']);
    failures = 0;
    await expect.poll(() => said.slice(1), soon).toEqual(['n1 NodeNotReady firing', 'a/n1 deleted']);
  });

  it('given the log is away from the start, then the fleet is counted all the same', async () => {
    failures = Infinity;
    const running = detect();
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ unavailable: false });
    expect(running.isReady()).toBe(false);
  });

  it('given the inventory can not be written, then what is seen is told all the same, and counted once it can', async () => {
    const running = detect();
    await expect.poll(() => running.isReady(), soon).toBe(true);
    const change = vi.spyOn(inventory, 'change').mockRejectedValue(new Error('the journal is away'));
    server.kubelets.setConditions('n1', [{ type: 'Ready', status: 'False' }]);
    await expect.poll(() => said, soon).toContain('n1 NodeNotReady firing');
    expect(await inventory.member('a/n1' as NodeKey)).toMatchObject({ unavailable: false });
    change.mockRestore();
    await expect.poll(() => inventory.member('a/n1' as NodeKey), soon).toMatchObject({ unavailable: true });
  });
});
