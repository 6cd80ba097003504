import { expect } from 'vitest';
import { mergePatch } from '../api-client.js';
import { at, expectRefusal, nodePath, podPath, text, type ContractCase } from '../contract-case.js';

/** Deleting: at once, gracefully, with preconditions, held back by finalizers. */
export const deleting: readonly ContractCase[] = [
  {
    name: 'a deleted node is gone at once, and the answer says which it was',
    async run(given) {
      const uid = text(await given.readyNode('n'), 'metadata', 'uid');
      const answer = await given.api.delete(nodePath(given.name('n')));
      expect(answer.code).toBe(200);
      const details = { name: given.name('n'), kind: 'nodes', uid };
      expect(answer.body).toMatchObject({ kind: 'Status', status: 'Success', details });
      expectRefusal(await given.api.get(nodePath(given.name('n'))), 404, 'NotFound');
    },
  },
  {
    name: 'a node that is not there answers 404',
    async run(given) {
      expectRefusal(await given.api.delete(nodePath(given.name('n'))), 404, 'NotFound');
    },
  },
  {
    name: 'a precondition on another uid answers 409 and deletes nothing',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.delete(nodePath(given.name('n')), { preconditions: { uid: 'other' } });
      expectRefusal(answer, 409, 'Conflict', { details: { name: given.name('n'), kind: 'Node' } });
      expect((await given.api.get(nodePath(given.name('n')))).code).toBe(200);
    },
  },
  {
    name: 'a precondition on a stale resourceVersion answers 409',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.delete(nodePath(given.name('n')), {
        preconditions: { resourceVersion: '1' },
      });
      expectRefusal(answer, 409, 'Conflict');
    },
  },
  {
    name: 'a deletion of a pod that was changed since it was read answers 409 and leaves the pod',
    async run(given) {
      await given.readyNode('n');
      const path = podPath(given.name('p'));
      const read = await given.runningPod('p', given.name('n'));
      const resourceVersion = text(read, 'metadata', 'resourceVersion');
      const uid = text(read, 'metadata', 'uid');
      await given.api.patch(path, mergePatch, { metadata: { labels: { a: 'b' } } });
      const stale = { gracePeriodSeconds: 30, preconditions: { uid, resourceVersion } };
      expectRefusal(await given.api.delete(path, stale), 409, 'Conflict');
      const now = (await given.api.get(path)).body;
      expect(at(now, 'metadata', 'deletionTimestamp')).toBeUndefined();
      const asRead = { uid, resourceVersion: text(now, 'metadata', 'resourceVersion') };
      const answer = await given.api.delete(path, { gracePeriodSeconds: 30, preconditions: asRead });
      expect(answer.code).toBe(200);
    },
  },
  {
    name: 'a precondition on the right uid lets the deletion pass',
    async run(given) {
      const uid = text(await given.readyNode('n'), 'metadata', 'uid');
      expect((await given.api.delete(nodePath(given.name('n')), { preconditions: { uid } })).code).toBe(200);
    },
  },
  {
    name: 'a finalizer holds a node back until it is taken away',
    async run(given) {
      await given.readyNode('n');
      const path = nodePath(given.name('n'));
      await given.api.patch(path, mergePatch, { metadata: { finalizers: ['faultline.dev/wait'] } });
      const deleted = await given.api.delete(path);
      expect(deleted.code).toBe(200);
      expect(deleted.body).toMatchObject({ kind: 'Node', metadata: { deletionGracePeriodSeconds: 0 } });
      expect(text((await given.api.get(path)).body, 'metadata', 'deletionTimestamp')).toMatch(/Z$/);
      expect((await given.api.patch(path, mergePatch, { metadata: { finalizers: null } })).code).toBe(200);
      expectRefusal(await given.api.get(path), 404, 'NotFound');
    },
  },
  {
    name: 'no finalizer can be added to a node that is going',
    async run(given) {
      await given.readyNode('n');
      const path = nodePath(given.name('n'));
      await given.api.patch(path, mergePatch, { metadata: { finalizers: ['faultline.dev/wait'] } });
      await given.api.delete(path);
      const finalizers = ['faultline.dev/wait', 'faultline.dev/more'];
      expectRefusal(await given.api.patch(path, mergePatch, { metadata: { finalizers } }), 422, 'Invalid');
    },
  },
  {
    name: 'a node created again under its name has another uid',
    async run(given) {
      const first = text(await given.readyNode('n'), 'metadata', 'uid');
      await given.api.delete(nodePath(given.name('n')));
      expect(text(await given.readyNode('n'), 'metadata', 'uid')).not.toBe(first);
    },
  },
  {
    name: 'a pod that no node has is gone at once',
    async run(given) {
      await given.pod('p');
      const answer = await given.api.delete(podPath(given.name('p')));
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0 } });
      expectRefusal(await given.api.get(podPath(given.name('p'))), 404, 'NotFound');
    },
  },
  {
    name: 'a pod on a node stays until its kubelet has ended it',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const answer = await given.api.delete(podPath(given.name('p')));
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({
        kind: 'Pod',
        metadata: { deletionGracePeriodSeconds: 30, generation: 2 },
      });
      const present = await given.api.get(podPath(given.name('p')));
      expect(text(present.body, 'metadata', 'deletionTimestamp')).toBe(
        text(answer.body, 'metadata', 'deletionTimestamp'),
      );
    },
  },
  {
    name: 'asking again for the deletion of a pod with a longer grace changes nothing',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const first = await given.api.delete(podPath(given.name('p')), { gracePeriodSeconds: 20 });
      const again = await given.api.delete(podPath(given.name('p')), { gracePeriodSeconds: 40 });
      expect(at(again.body, 'metadata', 'deletionTimestamp')).toBe(
        at(first.body, 'metadata', 'deletionTimestamp'),
      );
    },
  },
  {
    name: 'asking again for the deletion of a pod with a shorter grace shortens it',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      await given.api.delete(podPath(given.name('p')), { gracePeriodSeconds: 20 });
      const again = await given.api.delete(podPath(given.name('p')), { gracePeriodSeconds: 5 });
      expect(at(again.body, 'metadata', 'deletionGracePeriodSeconds')).toBe(5);
    },
  },
  {
    name: 'a grace of zero removes a pod without its kubelet',
    async run(given) {
      await given.readyNode('n');
      const uid = text(await given.runningPod('p', given.name('n')), 'metadata', 'uid');
      const answer = await given.api.delete(podPath(given.name('p')), {
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
      expect(answer.code).toBe(200);
      expectRefusal(await given.api.get(podPath(given.name('p'))), 404, 'NotFound');
    },
  },
  {
    name: 'another uid as precondition protects the pod of the same name',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const options = { gracePeriodSeconds: 0, preconditions: { uid: 'other' } };
      expectRefusal(await given.api.delete(podPath(given.name('p')), options), 409, 'Conflict');
    },
  },
  {
    name: 'the grace can be given in the query',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const answer = await given.api.delete(`${podPath(given.name('p'))}?gracePeriodSeconds=7`);
      expect(at(answer.body, 'metadata', 'deletionGracePeriodSeconds')).toBe(7);
    },
  },
  {
    name: 'a finished pod is gone at once',
    async run(given) {
      await given.readyNode('n');
      await given.pod('p', { spec: { nodeName: given.name('n') } });
      await given.api.patch(`${podPath(given.name('p'))}/status`, mergePatch, {
        status: { phase: 'Succeeded' },
      });
      await given.api.delete(podPath(given.name('p')));
      expectRefusal(await given.api.get(podPath(given.name('p'))), 404, 'NotFound');
    },
  },
  {
    name: 'a dry run of a deletion deletes nothing',
    async run(given) {
      await given.readyNode('n');
      expect((await given.api.delete(nodePath(given.name('n')), { dryRun: ['All'] })).code).toBe(200);
      expect((await given.api.get(nodePath(given.name('n')))).code).toBe(200);
    },
  },
];
