import { expect } from 'vitest';
import { jsonPatch, mergePatch, strategicMergePatch } from '../api-client.js';
import { at, expectRefusal, nodePath, text, type ContractCase } from '../contract-case.js';

const taint = { key: 'faultline.dev/maintenance', value: 'home.p-1', effect: 'NoSchedule' };

function cordonersOf(node: unknown): readonly unknown[] {
  const entries = at(node, 'metadata', 'managedFields');
  if (!Array.isArray(entries)) return [];
  return entries
    .filter((entry: unknown) => at(entry, 'fieldsV1', 'f:spec', 'f:unschedulable') !== undefined)
    .map((entry: unknown) => at(entry, 'manager'));
}

/** The patches that isolate, mark and return nodes, and what refuses them. */
export const nodePatches: readonly ContractCase[] = [
  {
    name: 'a JSON patch whose test of the uid passes taints and cordons in one step',
    async run(given) {
      const uid = text(await given.readyNode('n'), 'metadata', 'uid');
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'add', path: '/spec/taints', value: [taint] },
        { op: 'add', path: '/spec/unschedulable', value: true },
      ]);
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({
        kind: 'Node',
        metadata: { uid },
        spec: { unschedulable: true, taints: [taint] },
      });
    },
  },
  {
    name: 'who cordoned a node is written down, and is somebody else once it was uncordoned and cordoned again',
    async run(given) {
      await given.readyNode('n');
      const path = nodePath(given.name('n'));
      const ours = `${path}?fieldManager=faultline`;
      const cordon = [{ op: 'add', path: '/spec/unschedulable', value: true }];
      expect(cordonersOf((await given.api.patch(ours, jsonPatch, cordon)).body)).toEqual(['faultline']);
      const again = await given.api.patch(path, strategicMergePatch, { spec: { unschedulable: true } });
      expect(cordonersOf(again.body)).toEqual(['faultline']);
      const back = await given.api.patch(path, strategicMergePatch, { spec: { unschedulable: null } });
      expect(cordonersOf(back.body)).toEqual([]);
      const theirs = `${path}?fieldManager=kubectl-cordon`;
      await given.api.patch(theirs, strategicMergePatch, { spec: { unschedulable: true } });
      await given.api.patch(ours, mergePatch, { metadata: { labels: { a: 'b' } } });
      expect(cordonersOf((await given.api.get(path)).body)).toEqual(['kubectl-cordon']);
      await given.api.patch(theirs, strategicMergePatch, { spec: { unschedulable: false } });
      const last = await given.api.patch(ours, jsonPatch, cordon);
      expect(cordonersOf(last.body)).toEqual(['faultline']);
    },
  },
  {
    name: 'a JSON patch whose test fails changes nothing and answers 422',
    async run(given) {
      const before = await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'test', path: '/metadata/uid', value: 'another' },
        { op: 'add', path: '/spec/unschedulable', value: true },
      ]);
      expectRefusal(answer, 422, 'Invalid', {
        message: 'the server rejected our request due to an error in our request',
      });
      const after = (await given.api.get(nodePath(given.name('n')))).body;
      expect(text(after, 'metadata', 'resourceVersion')).toBe(text(before, 'metadata', 'resourceVersion'));
    },
  },
  {
    name: 'a JSON patch of which a later test fails leaves the earlier operations undone',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'add', path: '/spec/unschedulable', value: true },
        { op: 'test', path: '/spec/providerID', value: 'x' },
      ]);
      expectRefusal(answer, 422, 'Invalid');
      expect(
        at((await given.api.get(nodePath(given.name('n')))).body, 'spec', 'unschedulable'),
      ).toBeUndefined();
    },
  },
  {
    name: 'a test of an absent field against null passes',
    async run(given) {
      await given.readyNode('n');
      const path = '/spec/unschedulable';
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'test', path, value: null },
      ]);
      expect(answer.code).toBe(200);
    },
  },
  {
    name: 'a test of an absent field against false fails, since false is not kept',
    async run(given) {
      await given.readyNode('n');
      const path = '/spec/unschedulable';
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), jsonPatch, [{ op: 'test', path, value: false }]),
        422,
        'Invalid',
      );
    },
  },
  {
    name: 'a JSON patch can test the resourceVersion',
    async run(given) {
      const version = text(await given.readyNode('n'), 'metadata', 'resourceVersion');
      const mark = { op: 'add', path: '/metadata/labels', value: { a: 'b' } };
      const path = '/metadata/resourceVersion';
      const good = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'test', path, value: version },
        mark,
      ]);
      expect(good.code).toBe(200);
      const stale = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'test', path, value: version },
        mark,
      ]);
      expectRefusal(stale, 422, 'Invalid');
    },
  },
  {
    name: 'a JSON patch that removes what is not there answers 422',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'remove', path: '/metadata/labels/nothing' },
      ]);
      expectRefusal(answer, 422, 'Invalid');
    },
  },
  {
    name: 'a JSON patch that adds below a missing parent answers 422',
    async run(given) {
      await given.readyNode('n');
      const path = '/spec/taints/-';
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), jsonPatch, [{ op: 'add', path, value: taint }]),
        422,
        'Invalid',
      );
    },
  },
  {
    name: 'a JSON patch replaces a missing annotation of a node that has others',
    async run(given) {
      await given.readyNode('n');
      const path = '/metadata/annotations/faultline.dev~1hold';
      const answer = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'replace', path, value: 'me' },
      ]);
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({ metadata: { annotations: { 'faultline.dev/hold': 'me' } } });
    },
  },
  {
    name: 'a JSON patch appends a taint with a dash and removes it by its place',
    async run(given) {
      await given.readyNode('n', { spec: { taints: [{ key: 'first', effect: 'PreferNoSchedule' }] } });
      const added = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'add', path: '/spec/taints/-', value: taint },
      ]);
      expect(at(added.body, 'spec', 'taints', '1')).toEqual(taint);
      const removed = await given.api.patch(nodePath(given.name('n')), jsonPatch, [
        { op: 'remove', path: '/spec/taints/1' },
      ]);
      expect(at(removed.body, 'spec', 'taints')).toEqual([{ key: 'first', effect: 'PreferNoSchedule' }]);
    },
  },
  {
    name: 'a JSON patch with an unknown operation answers 422',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), jsonPatch, [{ op: 'ponder', path: '/spec' }]),
        422,
        'Invalid',
      );
    },
  },
  {
    name: 'a JSON patch that is an object answers 400',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), jsonPatch, { op: 'add' }),
        400,
        'BadRequest',
      );
    },
  },
  {
    name: 'a merge patch that is no JSON answers 400',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(await given.api.patch(nodePath(given.name('n')), mergePatch, '{no'), 400, 'BadRequest');
    },
  },
  {
    name: 'a JSON patch that is no JSON answers 400',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(await given.api.patch(nodePath(given.name('n')), jsonPatch, '[no'), 400, 'BadRequest');
    },
  },
  {
    name: 'a patch of a node that is not there answers 404',
    async run(given) {
      const answer = await given.api.patch(nodePath(given.name('none')), mergePatch, {
        spec: { unschedulable: true },
      });
      expectRefusal(answer, 404, 'NotFound', { details: { name: given.name('none'), kind: 'nodes' } });
    },
  },
  {
    name: 'a merge patch removes a label by null and adds another',
    async run(given) {
      await given.readyNode('n', { labels: { old: '1', kept: '2' } });
      const labels = { old: null, fresh: '3' };
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, { metadata: { labels } });
      expect(at(answer.body, 'metadata', 'labels')).toEqual({ kept: '2', fresh: '3' });
    },
  },
  {
    name: 'a patch that changes nothing keeps the resourceVersion',
    async run(given) {
      const before = await given.readyNode('n', { labels: { a: 'b' } });
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, {
        metadata: { labels: { a: 'b' } },
      });
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'metadata', 'resourceVersion')).toBe(at(before, 'metadata', 'resourceVersion'));
    },
  },
  {
    name: 'cordoning a cordoned node changes nothing at all',
    async run(given) {
      await given.readyNode('n');
      await given.api.patch(nodePath(given.name('n')), strategicMergePatch, {
        spec: { unschedulable: true },
      });
      const settled = await given.until(nodePath(given.name('n')), (node) =>
        Array.isArray(at(node, 'spec', 'taints')),
      );
      const again = await given.api.patch(nodePath(given.name('n')), strategicMergePatch, {
        spec: { unschedulable: true },
      });
      expect(at(again.body, 'metadata', 'resourceVersion')).toBe(at(settled, 'metadata', 'resourceVersion'));
    },
  },
  {
    name: 'a cordoned node is given the unschedulable taint, and rid of it when uncordoned',
    async run(given) {
      await given.readyNode('n');
      await given.api.patch(nodePath(given.name('n')), mergePatch, { spec: { unschedulable: true } });
      const cordoned = await given.until(nodePath(given.name('n')), (node) =>
        Array.isArray(at(node, 'spec', 'taints')),
      );
      expect(at(cordoned, 'spec', 'taints')).toMatchObject([
        { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
      ]);
      await given.api.patch(nodePath(given.name('n')), mergePatch, { spec: { unschedulable: null } });
      await given.until(nodePath(given.name('n')), (node) => at(node, 'spec', 'taints') === undefined);
    },
  },
  {
    name: 'unschedulable false is not kept',
    async run(given) {
      await given.readyNode('n', { spec: { unschedulable: true } });
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, {
        spec: { unschedulable: false },
      });
      expect(at(answer.body, 'spec', 'unschedulable')).toBeUndefined();
    },
  },
  {
    name: 'a strategic merge patch replaces the taints as a whole',
    async run(given) {
      await given.readyNode('n', { spec: { taints: [{ key: 'first', effect: 'NoSchedule' }] } });
      const answer = await given.api.patch(nodePath(given.name('n')), strategicMergePatch, {
        spec: { taints: [taint] },
      });
      expect(at(answer.body, 'spec', 'taints')).toEqual([taint]);
    },
  },
  {
    name: 'a strategic merge patch merges labels and leaves the others',
    async run(given) {
      await given.readyNode('n', { labels: { kept: '1' } });
      const answer = await given.api.patch(nodePath(given.name('n')), strategicMergePatch, {
        metadata: { labels: { fresh: '2' } },
      });
      expect(at(answer.body, 'metadata', 'labels')).toEqual({ kept: '1', fresh: '2' });
    },
  },
  {
    name: 'a merge patch with a stale resourceVersion answers 409',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, {
        metadata: { resourceVersion: '1', labels: { a: 'b' } },
      });
      expectRefusal(answer, 409, 'Conflict', { details: { name: given.name('n'), kind: 'nodes' } });
    },
  },
  {
    name: 'a patch in an unknown format answers 415',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), 'application/json', {}),
        415,
        'UnsupportedMediaType',
      );
    },
  },
];
