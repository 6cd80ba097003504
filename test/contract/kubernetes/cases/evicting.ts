import { expect } from 'vitest';
import type { Answer } from '../api-client.js';
import { mergePatch, strategicMergePatch } from '../api-client.js';
import {
  at,
  budgetsPath,
  expectRefusal,
  podPath,
  text,
  type CaseContext,
  type ContractCase,
} from '../contract-case.js';

function evict(given: CaseContext, suffix: string, deleteOptions?: object): Promise<Answer> {
  const metadata = { name: given.name(suffix), namespace: 'default' };
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata,
    ...(deleteOptions === undefined ? {} : { deleteOptions }),
  };
  return given.api.post(`${podPath(given.name(suffix))}/eviction`, eviction);
}

/** A budget over the case's pods, once the server has counted them. */
async function budget(given: CaseContext, suffix: string, spec: object): Promise<unknown> {
  const body = {
    metadata: { name: given.name(suffix) },
    spec: { selector: { matchLabels: { app: given.unique } }, ...spec },
  };
  expect((await given.create(budgetsPath, body)).code).toBe(201);
  return given.until(
    `${budgetsPath}/${given.name(suffix)}`,
    (found) => at(found, 'status', 'observedGeneration') === 1,
  );
}

function allowed(given: CaseContext, suffix: string, wanted: number): Promise<unknown> {
  const path = `${budgetsPath}/${given.name(suffix)}`;
  return given.until(path, (found) => at(found, 'status', 'disruptionsAllowed') === wanted);
}

/** Evictions and the budgets that stand against them. */
export const evicting: readonly ContractCase[] = [
  {
    name: "an eviction without a budget starts the pod's deletion",
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const answer = await evict(given, 'p');
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
      expect(
        text((await given.api.get(podPath(given.name('p')))).body, 'metadata', 'deletionTimestamp'),
      ).toMatch(/Z$/);
    },
  },
  {
    name: "an eviction uses the pod's own grace",
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      await evict(given, 'p');
      const pod = (await given.api.get(podPath(given.name('p')))).body;
      expect(at(pod, 'metadata', 'deletionGracePeriodSeconds')).toBe(30);
    },
  },
  {
    name: 'an eviction of a pod that is not there answers 404',
    async run(given) {
      expectRefusal(await evict(given, 'p'), 404, 'NotFound', {
        details: { name: given.name('p'), kind: 'pods' },
      });
    },
  },
  {
    name: 'an eviction with another uid answers 409 and leaves the pod',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      expectRefusal(await evict(given, 'p', { preconditions: { uid: 'other' } }), 409, 'Conflict');
      expect(
        at((await given.api.get(podPath(given.name('p')))).body, 'metadata', 'deletionTimestamp'),
      ).toBeUndefined();
    },
  },
  {
    name: 'an eviction with the right uid passes',
    async run(given) {
      await given.readyNode('n');
      const uid = text(await given.runningPod('p', given.name('n')), 'metadata', 'uid');
      expect((await evict(given, 'p', { preconditions: { uid } })).code).toBe(201);
    },
  },
  {
    name: 'an eviction of a pod that was changed since it was read answers 409 and leaves the pod',
    async run(given) {
      await given.readyNode('n');
      const path = podPath(given.name('p'));
      const read = await given.runningPod('p', given.name('n'));
      const preconditions = {
        uid: text(read, 'metadata', 'uid'),
        resourceVersion: text(read, 'metadata', 'resourceVersion'),
      };
      await given.api.patch(path, mergePatch, { metadata: { labels: { a: 'b' } } });
      expectRefusal(await evict(given, 'p', { preconditions }), 409, 'Conflict');
      expect(at((await given.api.get(path)).body, 'metadata', 'deletionTimestamp')).toBeUndefined();
    },
  },
  {
    name: 'an eviction of a pod as it was read passes',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const read = (await given.api.get(podPath(given.name('p')))).body;
      const preconditions = {
        uid: text(read, 'metadata', 'uid'),
        resourceVersion: text(read, 'metadata', 'resourceVersion'),
      };
      expect((await evict(given, 'p', { preconditions })).code).toBe(201);
    },
  },
  {
    name: 'an eviction that names another pod than its path answers 400',
    async run(given) {
      await given.pod('p');
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'other' } };
      expectRefusal(
        await given.api.post(`${podPath(given.name('p'))}/eviction`, eviction),
        400,
        'BadRequest',
      );
    },
  },
  {
    name: 'a dry run of an eviction leaves the pod',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      expect((await evict(given, 'p', { dryRun: ['All'] })).code).toBe(201);
      expect(
        at((await given.api.get(podPath(given.name('p')))).body, 'metadata', 'deletionTimestamp'),
      ).toBeUndefined();
    },
  },
  {
    name: 'a spent budget answers 429 with the cause DisruptionBudget',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      await budget(given, 'b', { minAvailable: 1 });
      const answer = await evict(given, 'p');
      expectRefusal(answer, 429, 'TooManyRequests');
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        reason: 'DisruptionBudget',
        message: `The disruption budget ${given.name('b')} needs 1 healthy pods and has 1 currently`,
      });
      expect(answer.headers.get('retry-after')).toBeNull();
    },
  },
  {
    name: 'a spent budget refuses a dry run too',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      await budget(given, 'b', { minAvailable: 1 });
      expectRefusal(await evict(given, 'p', { dryRun: ['All'] }), 429, 'TooManyRequests');
    },
  },
  {
    name: 'a budget with one to spare lets one pod go and then no other',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.runningPod('p2', given.name('n'));
      await budget(given, 'b', { minAvailable: 1 });
      await allowed(given, 'b', 1);
      expect((await evict(given, 'p1')).code).toBe(201);
      await allowed(given, 'b', 0);
      expectRefusal(await evict(given, 'p2'), 429, 'TooManyRequests');
    },
  },
  {
    name: 'two budgets over one pod answer 500',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      await budget(given, 'b1', { minAvailable: 0 });
      await budget(given, 'b2', { minAvailable: 0 });
      expectRefusal(await evict(given, 'p'), 500, undefined);
    },
  },
  {
    name: 'a pod that is Pending is evicted past its budget',
    async run(given) {
      await given.pod('p');
      await budget(given, 'b', { minAvailable: 1 });
      expect((await evict(given, 'p')).code).toBe(201);
    },
  },
  {
    name: 'a pod that is going already is evicted again without harm to its budget',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.runningPod('p2', given.name('n'));
      await budget(given, 'b', { minAvailable: 1 });
      await allowed(given, 'b', 1);
      await evict(given, 'p1');
      await allowed(given, 'b', 0);
      expect((await evict(given, 'p1')).code).toBe(201);
    },
  },
  {
    name: 'a pod that is not ready may go when its budget is met without it',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.runningPod('p2', given.name('n'));
      const status = { conditions: [{ type: 'Ready', status: 'False' }] };
      await given.api.patch(`${podPath(given.name('p2'))}/status`, strategicMergePatch, { status });
      await budget(given, 'b', { minAvailable: 1 });
      expect((await evict(given, 'p2')).code).toBe(201);
    },
  },
  {
    name: 'the status of a budget counts healthy, desired and expected pods',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.pod('p2', { spec: { nodeName: given.name('n') } });
      const found = await budget(given, 'b', { minAvailable: 1 });
      expect(at(found, 'status')).toMatchObject({
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 2,
        disruptionsAllowed: 0,
        conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
      });
    },
  },
  {
    name: 'a budget by maxUnavailable over bare pods expects none and allows nothing',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const found = await budget(given, 'b', { maxUnavailable: 1 });
      expect(at(found, 'status', 'conditions', '0')).toMatchObject({
        status: 'False',
        reason: 'InsufficientPods',
      });
      const answer = await evict(given, 'p');
      expectRefusal(answer, 429, 'TooManyRequests');
      expect(at(answer.body, 'details', 'causes', '0', 'message')).toBe(
        `The disruption budget ${given.name('b')} does not allow evicting pods currently`,
      );
    },
  },
  {
    name: 'a budget with both bounds answers 422',
    async run(given) {
      const spec = { minAvailable: 1, maxUnavailable: 1, selector: { matchLabels: { app: given.unique } } };
      expectRefusal(
        await given.create(budgetsPath, { metadata: { name: given.name('b') }, spec }),
        422,
        'Invalid',
      );
    },
  },
];
