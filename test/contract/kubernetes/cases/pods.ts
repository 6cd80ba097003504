import { expect } from 'vitest';
import { jsonPatch, mergePatch, strategicMergePatch } from '../api-client.js';
import { at, expectRefusal, podPath, podsPath, text, type ContractCase } from '../contract-case.js';

/** Marking pods, binding them, and what of them may change. */
export const podCases: readonly ContractCase[] = [
  {
    name: 'a pod is marked for migration by a JSON patch that tests its uid',
    async run(given) {
      const uid = text(await given.pod('p'), 'metadata', 'uid');
      const answer = await given.api.patch(podPath(given.name('p')), jsonPatch, [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'add', path: '/metadata/labels/faultline.dev~1migration', value: 'to-be-migrated' },
        { op: 'add', path: '/metadata/annotations', value: { 'faultline.dev/process': 'p-1' } },
      ]);
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({
        metadata: {
          generation: 1,
          labels: { app: given.unique, 'faultline.dev/migration': 'to-be-migrated' },
          annotations: { 'faultline.dev/process': 'p-1' },
        },
      });
    },
  },
  {
    name: 'a pod cannot be moved by patching its node',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p', given.name('n'));
      const answer = await given.api.patch(podPath(given.name('p')), mergePatch, {
        spec: { nodeName: 'other' },
      });
      expectRefusal(answer, 422, 'Invalid');
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        field: 'spec',
        reason: 'FieldValueForbidden',
      });
    },
  },
  {
    name: "a change of a pod's image counts as a new generation",
    async run(given) {
      await given.pod('p');
      const spec = { containers: [{ name: 'main', image: 'other' }] };
      const answer = await given.api.patch(podPath(given.name('p')), strategicMergePatch, { spec });
      expect(at(answer.body, 'metadata', 'generation')).toBe(2);
      expect(at(answer.body, 'spec', 'containers', '0', 'image')).toBe('other');
    },
  },
  {
    name: "a pod's status is changed by its subresource alone",
    async run(given) {
      await given.pod('p');
      const status = { phase: 'Running' };
      const plain = await given.api.patch(podPath(given.name('p')), mergePatch, { status });
      expect(at(plain.body, 'status', 'phase')).toBe('Pending');
      const sub = await given.api.patch(`${podPath(given.name('p'))}/status`, mergePatch, { status });
      expect(at(sub.body, 'status', 'phase')).toBe('Running');
    },
  },
  {
    name: 'a binding assigns a pod to a node',
    async run(given) {
      await given.readyNode('n');
      await given.pod('p');
      const binding = {
        metadata: { name: given.name('p') },
        target: { kind: 'Node', name: given.name('n') },
      };
      const answer = await given.api.post(`${podPath(given.name('p'))}/binding`, binding);
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({ kind: 'Status', status: 'Success' });
      const pod = (await given.api.get(podPath(given.name('p')))).body;
      expect(text(pod, 'spec', 'nodeName')).toBe(given.name('n'));
      expect(at(pod, 'status', 'conditions', '0')).toMatchObject({ type: 'PodScheduled', status: 'True' });
    },
  },
  {
    name: 'a second binding answers 409',
    async run(given) {
      await given.readyNode('n');
      await given.pod('p', { spec: { nodeName: given.name('n') } });
      const binding = { metadata: { name: given.name('p') }, target: { kind: 'Node', name: 'other' } };
      expectRefusal(await given.api.post(`${podPath(given.name('p'))}/binding`, binding), 409, 'Conflict');
    },
  },
  {
    name: 'the pods of a node are listed by its name',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.pod('p2');
      const list = await given.api.get(`/api/v1/pods?fieldSelector=spec.nodeName%3D${given.name('n')}`);
      expect(list.code).toBe(200);
      expect(at(list.body, 'items')).toMatchObject([{ metadata: { name: given.name('p1') } }]);
      expect(at(list.body, 'items')).toHaveLength(1);
    },
  },
  {
    name: 'field and label selectors are combined',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'), {
        metadata: { labels: { app: given.unique, tier: 'a' } },
      });
      await given.runningPod('p2', given.name('n'), {
        metadata: { labels: { app: given.unique, tier: 'b' } },
      });
      const list = await given.api.get(
        `${podsPath}?fieldSelector=spec.nodeName%3D${given.name('n')}&labelSelector=tier%3Db`,
      );
      expect(at(list.body, 'items')).toMatchObject([{ metadata: { name: given.name('p2') } }]);
      expect(at(list.body, 'items')).toHaveLength(1);
    },
  },
  {
    name: 'pods are selected by phase',
    async run(given) {
      await given.readyNode('n');
      await given.runningPod('p1', given.name('n'));
      await given.pod('p2');
      const list = await given.api.get(
        `${podsPath}?labelSelector=app%3D${given.unique}&fieldSelector=status.phase!%3DRunning`,
      );
      expect(at(list.body, 'items')).toMatchObject([{ metadata: { name: given.name('p2') } }]);
      expect(at(list.body, 'items')).toHaveLength(1);
    },
  },
];
