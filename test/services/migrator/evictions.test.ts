import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { PodReference } from '../../../domain/command.js';
import type { NodeKey, NodeUid, ProcessId } from '../../../domain/identifiers.js';
import type { MigrationReply } from '../../../domain/signal.js';
import type { MigrationRequest } from '../../../services/migrator/migration-request.js';
import { createMigrator, type Migrator } from '../../../services/migrator/migrator.js';
import { nodes } from '../../../world/kubernetes/resources.js';
import { TestCluster } from '../../world/kubernetes/cluster.js';
import {
  addPod,
  disturb,
  migrationLabels,
  nodeName,
  podNamed,
  relabel,
  replacePod,
  rightBefore,
  writes,
} from '../workload-on-node.js';

const processId = 'p-0123456789abcdef' as ProcessId;
const node = `a/${nodeName}` as NodeKey;
const marks = {
  labels: { 'faultline.dev/migration': 'to-be-migrated', app: 'web' },
  annotations: { 'faultline.dev/process': processId },
};

let site: { cluster: TestCluster };
let api: ConnectedCluster;
let replies: MigrationReply[];
let stopping: AbortController;
/** Answers of the log to replies; it takes them all when this is empty. */
let logTroubles: Error[];

/** Waiting is what lets the world's time pass, one waiter after another. */
function passingClock(cluster: TestCluster): Clock {
  let passed = Promise.resolve();
  return {
    now: () => cluster.clock.now(),
    fromLogTime: (wallMs) => wallMs,
    waitUntil: (instant) => {
      passed = passed.then(() => cluster.pass(Math.max(0, instant - cluster.clock.now()) / 1000));
      return passed;
    },
  };
}

/** One copy of the migrator; its replies are kept with those of the others. */
function startCopy(): Migrator {
  stopping = new AbortController();
  return createMigrator({
    clusters: new Map([['a', api]]),
    clock: passingClock(site.cluster),
    randomness: systemRandomness,
    reply: (_node, reply) => {
      const trouble = logTroubles.pop();
      if (trouble !== undefined) return Promise.reject(trouble);
      replies.push(reply);
      return Promise.resolve();
    },
    signal: stopping.signal,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    name: 'migrator',
    pollMs: 1_000,
    firstRetryMs: 500,
    longestRetryMs: 10_000,
  });
}

beforeEach(async () => {
  site = { cluster: await TestCluster.start([nodeName]) };
  replies = [];
  logTroubles = [];
  api = connectCluster({
    cluster: 'a',
    access: { server: site.cluster.server.baseUrl, token: () => 'test' },
    clock: passingClock(site.cluster),
    randomness: systemRandomness,
    version: 'test',
  });
});

afterEach(async () => {
  stopping.abort();
  await api.close();
  await site.cluster.server.stop();
});

async function runningPods(...names: string[]): Promise<PodReference[]> {
  const pods = names.map((name) => addPod(site, name, marks));
  await site.cluster.pass(5);
  return pods;
}

function request(pods: readonly PodReference[], changes: Partial<MigrationRequest> = {}): MigrationRequest {
  return {
    requestId: 'r1',
    processId,
    node,
    pods,
    reason: 'KernelDeadlock',
    deadlineMs: 60_000,
    announcedAt: site.cluster.clock.now(),
    ...changes,
  };
}

/** What was said about each pod, in order, by name. */
function said(): Readonly<Record<string, readonly string[]>> {
  const byPod: Record<string, string[]> = {};
  for (const { pod, status, reason } of replies) {
    (byPod[pod.name] ??= []).push(reason === undefined ? status : `${status}: ${reason}`);
  }
  return byPod;
}

const evictions = () =>
  writes(site, { method: 'POST', resource: 'pods' }).filter(({ subresource }) => subresource === 'eviction');

function addBudget(name: string, minAvailable: number): void {
  site.cluster.create('podDisruptionBudgets', {
    metadata: { name },
    spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
  });
}

const refusal = (code: 429 | 500, retryAfterSeconds?: number) =>
  ({ kind: 'refusal', code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }) as const;

describe('the migrator, on an API server', () => {
  it('given pods that may go, then each is evicted by its UID, and each status is said once, moved only when it is gone', async () => {
    const pods = await runningPods('web-1', 'web-2');
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'], 'web-2': ['accepted', 'moved'] });
    expect(site.cluster.podsOn(nodeName)).toEqual([]);
    const uids = evictions().map(({ body }) => JSON.parse(body) as { deleteOptions: unknown });
    expect(uids.map(({ deleteOptions }) => deleteOptions)).toEqual(
      expect.arrayContaining(
        pods.map(({ uid }) => ({ preconditions: { uid, resourceVersion: expect.any(String) as string } })),
      ),
    );
    expect(uids).toHaveLength(2);
  });

  it('given a request that is being handled, when it comes again, then nothing is done or said twice', async () => {
    const asked = request(await runningPods('web-1'));
    const migrator = startCopy();
    expect(await Promise.all([migrator.handle(asked), migrator.handle(asked)])).toEqual([true, true]);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
    expect(evictions()).toHaveLength(1);
  });

  it('given a budget that stays in the way, then it is tried until the deadline and refused, visibly', async () => {
    addBudget('web', 1);
    const pods = await runningPods('web-1');
    const asked = request(pods);
    expect(await startCopy().handle(asked)).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'refused: DeadlineReached'] });
    expect(evictions().length).toBeGreaterThan(2);
    expect(evictions().every(({ worldTime }) => worldTime < asked.announcedAt + asked.deadlineMs)).toBe(true);
    expect(migrationLabels(site)).toEqual({ 'web-1': 'refused' });
    expect(podNamed(site, 'web-1').metadata.deletionTimestamp).toBeUndefined();
  });

  it('given a budget for one at a time, then the other goes as soon as it may', async () => {
    addBudget('web', 1);
    const pods = await runningPods('web-1', 'web-2');
    rightBefore(site, { method: 'POST', name: 'web-2' }, () => {
      addPod(site, 'new', { labels: { app: 'web' } });
    });
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'], 'web-2': ['accepted', 'moved'] });
  });

  it('given 429 without a budget as its cause, then it is tried again no sooner than told', async () => {
    const pods = await runningPods('web-1');
    disturb(site, { method: 'POST', name: 'web-1' }, 'before-acting', refusal(429, 20));
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
    const [first, second] = evictions().map(({ worldTime }) => worldTime);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(20_000);
  });

  it('given two budgets for one pod, then it is refused at once, for a person', async () => {
    addBudget('one', 0);
    addBudget('two', 0);
    const asked = request(await runningPods('web-1'));
    expect(await startCopy().handle(asked)).toBe(true);
    const [accepted, refused] = said()['web-1'] ?? [];
    expect([accepted, refused?.split(':')[0]]).toEqual(['accepted', 'refused']);
    expect(refused).toContain('misconfigured');
    expect(evictions()).toHaveLength(1);
    expect(site.cluster.clock.now()).toBeLessThan(asked.announcedAt + asked.deadlineMs);
  });

  it('given 500 for any other reason, then it is tried again', async () => {
    const pods = await runningPods('web-1');
    disturb(site, { method: 'POST', name: 'web-1' }, 'before-acting', refusal(500));
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
  });

  it.each(['before-acting', 'after-acting'] as const)(
    'given the answer is lost (%s), then it looks, and tries again only if it has to',
    async (when) => {
      const pods = await runningPods('web-1');
      disturb(site, { method: 'POST', name: 'web-1' }, when, { kind: 'disconnect' });
      expect(await startCopy().handle(request(pods))).toBe(true);
      expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
      expect(evictions()).toHaveLength(when === 'before-acting' ? 2 : 1);
    },
  );

  it('given pods that went meanwhile, one of them replaced under its name, then both have moved and the namesake stays', async () => {
    const pods = await runningPods('web-1', 'web-2');
    const namesake = replacePod(site, 'web-1');
    await site.cluster.request('DELETE', '/api/v1/namespaces/default/pods/web-2');
    await site.cluster.pass(60);
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'], 'web-2': ['accepted', 'moved'] });
    expect(podNamed(site, 'web-1').metadata.uid).toBe(namesake.uid);
    expect(migrationLabels(site)).toEqual({});
    expect(evictions()).toEqual([]);
  });

  it('given a pod is replaced right before it is evicted, then the namesake stays', async () => {
    const pods = await runningPods('web-1');
    rightBefore(site, { method: 'POST', name: 'web-1' }, () => {
      replacePod(site, 'web-1');
    });
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
    expect(podNamed(site, 'web-1').metadata.deletionTimestamp).toBeUndefined();
  });

  it('given the request is withdrawn right before the pod is evicted, then it stays: it went, although nobody asked it to any more', async () => {
    const pods = await runningPods('web-1');
    rightBefore(site, { method: 'POST', name: 'web-1' }, () => {
      relabel(site, 'web-1', { app: 'web' });
    });
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'refused: Withdrawn'] });
    expect(podNamed(site, 'web-1').metadata.deletionTimestamp).toBeUndefined();
    expect(evictions().map(({ code }) => code)).toEqual([409]);
  });

  it('given a pod that was changed by others right before it is evicted, then it is looked at again, and goes', async () => {
    const pods = await runningPods('web-1');
    rightBefore(site, { method: 'POST', name: 'web-1' }, () => {
      relabel(site, 'web-1', { ...marks.labels, team: 'shop' });
    });
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
    expect(evictions().map(({ code }) => code)).toEqual([409, 201]);
  });

  it('given the request is withdrawn, then nothing is evicted, and the pod carries nothing of it', async () => {
    const pods = [addPod(site, 'web-1')];
    await site.cluster.pass(5);
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'refused: Withdrawn'] });
    expect(migrationLabels(site)).toEqual({});
    expect(evictions()).toEqual([]);
  });

  it.each(['gone', 'there again under its name'])(
    'given the node is %s, but its pods are still there, then nothing is evicted: a retired process had gone on to empty a node that was not its own',
    async (now) => {
      addBudget('web', 1);
      const pods = await runningPods('web-1');
      const { uid } = site.cluster.node(nodeName).metadata;
      rightBefore(site, { method: 'POST', name: 'web-1' }, () => {
        const { store } = site.cluster.server.state;
        const node = site.cluster.node(nodeName);
        store.remove(nodes, node);
        if (now !== 'gone') {
          const other = { ...node.metadata, uid: 'another' };
          store.put(nodes, { ...node, metadata: other });
        }
      });
      expect(await startCopy().handle(request(pods, { nodeUid: uid as NodeUid }))).toBe(true);
      expect(said()).toEqual({ 'web-1': ['accepted', 'refused: NodeGone'] });
      // That which was on its way.
      expect(evictions()).toHaveLength(1);
    },
  );

  it("given another process asks the pod by now, then a late request changes nothing on it: it had called the other's accepted", async () => {
    const pods = await runningPods('web-1');
    const late = request(pods, { processId: 'p-ffffffffffffffff' as ProcessId });
    expect(await startCopy().handle(late)).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'refused: Withdrawn'] });
    expect(migrationLabels(site)).toEqual({ 'web-1': 'to-be-migrated' });
  });

  it('given a copy stops midway, then another ends the request without evicting what is going already', async () => {
    const pods = await runningPods('web-1', 'web-2');
    addBudget('web', 1);
    await site.cluster.pass(1);
    const first = startCopy();
    rightBefore(site, { method: 'POST', name: 'web-2' }, () => {
      stopping.abort();
    });
    const asked = request(pods);
    expect(await first.handle(asked)).toBe(false);
    const evicted = () => evictions().filter(({ code }) => code === 201);
    expect(evicted()).toHaveLength(1);
    await site.cluster.request('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web');
    expect(await startCopy().handle(asked)).toBe(true);
    expect([said()['web-1']?.at(-1), said()['web-2']?.at(-1)]).toEqual(['moved', 'moved']);
    expect(evicted()).toHaveLength(2);
  });

  it('given a log that takes no reply for a while, then it is said again until it does, and once', async () => {
    const pods = await runningPods('web-1');
    logTroubles = [new Error('no leader'), new Error('no leader')];
    expect(await startCopy().handle(request(pods))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['accepted', 'moved'] });
  });

  it('given a cluster that nobody configured, then it is refused', async () => {
    const pods = await runningPods('web-1');
    expect(await startCopy().handle(request(pods, { node: 'b/node-0000' as NodeKey }))).toBe(true);
    expect(said()).toEqual({ 'web-1': ['refused: UnknownCluster'] });
    expect(evictions()).toEqual([]);
  });
});
