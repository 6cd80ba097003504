import { describe, expect, it } from 'vitest';
import type { KubernetesAnswer, KubernetesNode, KubernetesPod } from '../../../adapters/ports/kubernetes.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { NodeKey, PodUid, ProcessId } from '../../../domain/identifiers.js';
import { movePod, type MovingCluster } from '../../../services/migrator/move-pod.js';

/** A clock on which waiting is passing. */
class PassingClock implements Clock {
  #now = 0;
  now(): number {
    return this.#now;
  }
  waitUntil(instant: number): Promise<void> {
    this.#now = Math.max(this.#now, instant);
    return Promise.resolve();
  }
  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}

const pod = { namespace: 'default', name: 'web-1', uid: 'u1' as PodUid };
const processId = 'p-1' as ProcessId;
const asked: KubernetesPod = {
  metadata: {
    name: 'web-1',
    namespace: 'default',
    uid: 'u1',
    resourceVersion: '1',
    labels: { 'faultline.dev/migration': 'to-be-migrated' },
    annotations: { 'faultline.dev/process': processId },
  },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running' },
};
const node: KubernetesNode = {
  metadata: { name: 'n1', uid: 'n1-first', resourceVersion: '1' },
  spec: {},
  status: {},
};
const terminating: KubernetesPod = {
  ...asked,
  metadata: { ...asked.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
};

/** Moves the pod where each look and each eviction gets the next answer; the last one stays. */
async function moved(
  looks: readonly (KubernetesPod | 'gone')[],
  evictions: readonly KubernetesAnswer<true>[] = [{ kind: 'ok', value: true }],
  answersAfterMs = 0,
) {
  const clock = new PassingClock();
  let look = 0;
  let evicted = 0;
  const cluster: MovingCluster = {
    getNode: async () => {
      await clock.waitUntil(clock.now() + answersAfterMs);
      return { kind: 'ok', value: node };
    },
    getPod: () => {
      const seen = looks[Math.min(look++, looks.length - 1)] ?? 'gone';
      return Promise.resolve(seen === 'gone' ? { kind: 'notFound' } : { kind: 'ok', value: seen });
    },
    evictPod: () =>
      Promise.resolve(evictions[Math.min(evicted++, evictions.length - 1)] ?? { kind: 'notFound' }),
  };
  const ending = await movePod(
    {
      cluster,
      request: {
        requestId: 'r1',
        processId,
        node: 'a/n1' as NodeKey,
        pods: [pod],
        reason: 'x',
        deadlineMs: 60_000,
        announcedAt: 0,
      },
      clock,
      randomness: { next: () => 0.5, uuid: () => 'x' },
      stopping: new AbortController().signal,
      pollMs: 1_000,
      firstRetryMs: 500,
      longestRetryMs: 10_000,
    },
    pod,
  );
  return { ending, evicted };
}

describe('the move of a pod', () => {
  it('given an accepted eviction, then it is moved only when its UID is absent', async () => {
    expect(await moved([asked, terminating, terminating, 'gone'])).toEqual({
      ending: { status: 'moved' },
      evicted: 1,
    });
  });

  it('given a namesake, then ours is gone and the namesake is left alone', async () => {
    const other = { ...asked, metadata: { ...asked.metadata, uid: 'u2' } };
    expect(await moved([other])).toEqual({ ending: { status: 'moved' }, evicted: 0 });
  });

  it('given a disruption budget, then it is tried again until the deadline', async () => {
    const full = { kind: 'disruptionBudget', message: 'no', retryAfterMs: 10_000 } as const;
    expect((await moved([asked], [full])).ending).toEqual({ status: 'refused', reason: 'DeadlineReached' });
    expect(
      (await moved([asked, asked, terminating, 'gone'], [full, { kind: 'ok', value: true }])).evicted,
    ).toBe(2);
  });

  it('given a server that answers only after the deadline, then nothing is evicted: what was read in time had been enough', async () => {
    expect(await moved([asked], [{ kind: 'ok', value: true }], 60_000)).toEqual({
      ending: { status: 'refused', reason: 'DeadlineReached' },
      evicted: 0,
    });
  });

  it('given a withdrawn request, then nothing is evicted', async () => {
    const { labels: _none, ...metadata } = asked.metadata;
    expect(await moved([{ ...asked, metadata }])).toEqual({
      ending: { status: 'refused', reason: 'Withdrawn' },
      evicted: 0,
    });
  });

  it('given a misconfigured budget, then a person has to look', async () => {
    const { ending } = await moved([asked], [{ kind: 'misconfigured', message: 'two budgets' }]);
    expect(ending).toMatchObject({ status: 'refused' });
  });
});
