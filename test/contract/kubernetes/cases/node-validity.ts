import { expect } from 'vitest';
import { mergePatch, strategicMergePatch } from '../api-client.js';
import {
  at,
  expectRefusal,
  nodePath,
  nodesPath,
  text,
  type CaseContext,
  type ContractCase,
} from '../contract-case.js';

/** A patch that must be refused as invalid, for a reason in the field. */
async function refused(given: CaseContext, patch: object, field: string, reason: string): Promise<void> {
  await given.readyNode('n');
  const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, patch);
  expectRefusal(answer, 422, 'Invalid', { details: { name: given.name('n'), kind: 'Node' } });
  expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({ field, reason });
}

/** What is refused of a node, and what its status subresource may and may not change. */
export const nodeValidity: readonly ContractCase[] = [
  {
    name: 'a label value with a space is refused',
    run: (given) =>
      refused(given, { metadata: { labels: { a: 'not so' } } }, 'metadata.labels', 'FieldValueInvalid'),
  },
  {
    name: 'a label key with an exclamation mark is refused',
    run: (given) =>
      refused(given, { metadata: { labels: { 'a!': 'b' } } }, 'metadata.labels', 'FieldValueInvalid'),
  },
  {
    name: 'a label value of 64 characters is refused',
    run: (given) =>
      refused(given, { metadata: { labels: { a: 'b'.repeat(64) } } }, 'metadata.labels', 'FieldValueInvalid'),
  },
  {
    name: 'an annotation key with a space is refused',
    run: (given) =>
      refused(
        given,
        { metadata: { annotations: { 'a b': 'c' } } },
        'metadata.annotations',
        'FieldValueInvalid',
      ),
  },
  {
    name: 'a finalizer without a domain is refused',
    run: (given) =>
      refused(given, { metadata: { finalizers: ['mine'] } }, 'metadata.finalizers[0]', 'FieldValueInvalid'),
  },
  {
    name: 'another uid in a patch is refused',
    run: (given) => refused(given, { metadata: { uid: 'other' } }, 'metadata.uid', 'FieldValueInvalid'),
  },
  {
    name: 'a taint with an unknown effect is refused',
    run: (given) =>
      refused(
        given,
        { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
        'metadata.taints[0].effect',
        'FieldValueNotSupported',
      ),
  },
  {
    name: 'two taints of the same key and effect are refused',
    run: (given) => {
      const taint = { key: 'a', effect: 'NoSchedule' };
      return refused(
        given,
        { spec: { taints: [taint, { ...taint, value: 'b' }] } },
        'metadata.taints[1]',
        'FieldValueDuplicate',
      );
    },
  },
  {
    name: 'a providerID once set cannot change',
    async run(given) {
      await given.readyNode('n', { spec: { providerID: 'a://1' } });
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, {
        spec: { providerID: 'a://2' },
      });
      expectRefusal(answer, 422, 'Invalid');
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        field: 'spec.providerID',
        reason: 'FieldValueForbidden',
      });
    },
  },
  {
    name: 'another name in a patch answers 400',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, {
        metadata: { name: 'other' },
      });
      expectRefusal(answer, 400, 'BadRequest');
    },
  },
  {
    name: 'text for unschedulable in a patch answers 422',
    async run(given) {
      await given.readyNode('n');
      expectRefusal(
        await given.api.patch(nodePath(given.name('n')), mergePatch, { spec: { unschedulable: 'yes' } }),
        422,
        'Invalid',
      );
    },
  },
  {
    name: 'text for unschedulable in a creation answers 400',
    async run(given) {
      const body = { metadata: { name: given.name('n') }, spec: { unschedulable: 'yes' } };
      expectRefusal(await given.create(nodesPath, body), 400, 'BadRequest');
    },
  },
  {
    name: 'fields that nodes do not have are dropped',
    async run(given) {
      const before = await given.readyNode('n');
      const answer = await given.api.patch(nodePath(given.name('n')), mergePatch, { spec: { invented: 1 } });
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'metadata', 'resourceVersion')).toBe(at(before, 'metadata', 'resourceVersion'));
    },
  },
  {
    name: 'the status is not changed by a patch of the node itself',
    async run(given) {
      await given.readyNode('n');
      const status = { conditions: [{ type: 'Ready', status: 'False' }] };
      const answer = await given.api.patch(nodePath(given.name('n')), strategicMergePatch, { status });
      expect(at(answer.body, 'status', 'conditions')).toMatchObject([{ type: 'Ready', status: 'True' }]);
    },
  },
  {
    name: 'the spec is not changed by a patch of the status',
    async run(given) {
      await given.readyNode('n');
      const patch = { spec: { unschedulable: true }, status: { phase: 'Running' } };
      const answer = await given.api.patch(`${nodePath(given.name('n'))}/status`, strategicMergePatch, patch);
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'spec', 'unschedulable')).toBeUndefined();
    },
  },
  {
    name: 'conditions are merged by their type',
    async run(given) {
      await given.readyNode('n');
      const conditions = [{ type: 'KernelDeadlock', status: 'True', reason: 'DockerHung' }];
      const path = `${nodePath(given.name('n'))}/status`;
      const answer = await given.api.patch(path, strategicMergePatch, { status: { conditions } });
      expect(at(answer.body, 'status', 'conditions')).toHaveLength(2);
      expect(at(answer.body, 'status', 'conditions')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: 'Ready', status: 'True', reason: 'KubeletReady' }),
          expect.objectContaining({ type: 'KernelDeadlock', status: 'True' }),
        ]),
      );
    },
  },
  {
    name: 'a condition is taken out by the delete directive',
    async run(given) {
      await given.readyNode('n');
      const path = `${nodePath(given.name('n'))}/status`;
      await given.api.patch(path, strategicMergePatch, {
        status: { conditions: [{ type: 'Odd', status: 'True' }] },
      });
      const conditions = [{ type: 'Odd', $patch: 'delete' }];
      const answer = await given.api.patch(path, strategicMergePatch, { status: { conditions } });
      expect(at(answer.body, 'status', 'conditions')).toMatchObject([{ type: 'Ready' }]);
    },
  },
  {
    name: 'a merge patch of the status replaces all conditions',
    async run(given) {
      await given.readyNode('n');
      const status = {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Other' },
          { type: 'Odd', status: 'False' },
        ],
      };
      const answer = await given.api.patch(`${nodePath(given.name('n'))}/status`, mergePatch, { status });
      expect(at(answer.body, 'status', 'conditions')).toMatchObject([
        { type: 'Ready', reason: 'Other' },
        { type: 'Odd' },
      ]);
    },
  },
  {
    name: 'a node that turns not Ready is tainted, and rid of it when it is Ready again',
    async run(given) {
      await given.readyNode('n');
      const path = `${nodePath(given.name('n'))}/status`;
      await given.api.patch(path, strategicMergePatch, {
        status: { conditions: [{ type: 'Ready', status: 'False' }] },
      });
      const hasTaint = (node: unknown): boolean =>
        JSON.stringify(at(node, 'spec', 'taints') ?? []).includes('not-ready');
      await given.until(nodePath(given.name('n')), hasTaint);
      await given.api.patch(path, strategicMergePatch, {
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      });
      await given.until(nodePath(given.name('n')), (node) => !hasTaint(node));
    },
  },
  {
    name: 'the boot id is reported by way of the status',
    async run(given) {
      await given.readyNode('n');
      const path = `${nodePath(given.name('n'))}/status`;
      const answer = await given.api.patch(path, strategicMergePatch, {
        status: { nodeInfo: { bootID: 'boot-2' } },
      });
      expect(text(answer.body, 'status', 'nodeInfo', 'bootID')).toBe('boot-2');
      expect(text(answer.body, 'status', 'nodeInfo', 'osImage')).toBe('');
    },
  },
];
