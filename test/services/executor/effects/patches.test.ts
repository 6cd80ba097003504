import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesNode, Taint } from '../../../../adapters/ports/kubernetes.js';
import {
  autoscalerAnnotations,
  cordonedByAnnotation,
  cordonOf,
  fieldManager,
  holdAnnotation,
  isolationTaint,
} from '../../../../adapters/ports/node-marks.js';
import { decodeNode } from '../../../../adapters/kubernetes/decode.js';
import { isolatePatch } from '../../../../services/executor/effects/isolate-patch.js';
import {
  fencePatch,
  giveBackPatch,
  handOverPatch,
  unfencePatch,
} from '../../../../services/executor/effects/return-patch.js';
import { managersOf } from '../../../../simulation/world/objects.js';
import { applyJsonPatch } from '../../../../world/kubernetes/json-patch.js';

const owner = 'inst1.p-0123456789abcdef';

const taint: fc.Arbitrary<Taint> = fc.record(
  {
    key: fc.constantFrom('dedicated', 'node.kubernetes.io/unreachable', 'example.com/gpu'),
    effect: fc.constantFrom('NoSchedule' as const, 'NoExecute' as const, 'PreferNoSchedule' as const),
    value: fc.constantFrom('a', 'b'),
  },
  { requiredKeys: ['key', 'effect'] },
);

const annotations = fc.dictionary(
  fc.constantFrom('example.com/note', 'a~b/c', ...autoscalerAnnotations),
  fc.constantFrom('true', 'false', 'x'),
  { maxKeys: 4 },
);

/** Any node as a server may give it out: members absent or empty, cordoned by a person or not. */
const anyNode: fc.Arbitrary<KubernetesNode> = fc
  .record({
    taints: fc.option(fc.array(taint, { maxLength: 3 }), { nil: undefined }),
    annotations: fc.option(annotations, { nil: undefined }),
    unschedulable: fc.boolean(),
  })
  .map((parts) => ({
    metadata: {
      name: 'n1',
      uid: 'u1',
      resourceVersion: '7',
      ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
    },
    spec: {
      ...(parts.unschedulable ? { unschedulable: true } : {}),
      ...(parts.taints === undefined ? {} : { taints: parts.taints }),
    },
    status: {},
  }));

/** As the server stores it, and keeps book of who cordoned it. */
function patched(node: KubernetesNode, patch: unknown, by = fieldManager): KubernetesNode {
  const after = decodeNode(applyJsonPatch(node, patch));
  const { managedFields: _before, ...metadata } = after.metadata;
  return { ...after, metadata: { ...metadata, ...managersOf(node, after, by) } };
}

function cordoned(node: KubernetesNode, by: string): KubernetesNode {
  return patched(node, [{ op: 'add', path: '/spec/unschedulable', value: true }], by);
}

function uncordoned(node: KubernetesNode): KubernetesNode {
  return patched(node, [{ op: 'remove', path: '/spec/unschedulable' }], 'kubectl');
}

/** Empty and absent are the same to the API server. */
function essence(node: KubernetesNode): unknown {
  return {
    taints: node.spec.taints ?? [],
    unschedulable: node.spec.unschedulable === true,
    annotations: node.metadata.annotations ?? {},
  };
}

const plain: KubernetesNode = {
  metadata: { name: 'n1', uid: 'u1', resourceVersion: '7' },
  spec: {},
  status: {},
};

describe('patches of a node', () => {
  it('given any node, when it is isolated and given back, then it is exactly as it was', () => {
    fc.assert(
      fc.property(anyNode, fc.boolean(), (node, cordon) => {
        const isolated = patched(node, isolatePatch(node, owner, cordon));
        expect(isolationTaint(isolated)?.value).toBe(owner);
        const patch = giveBackPatch(isolated, owner);
        expect(patch).toBeDefined();
        expect(essence(patched(isolated, patch))).toEqual(essence(node));
      }),
    );
  });

  it('given any isolated node, when it is fenced and unfenced, then it is as it was before', () => {
    fc.assert(
      fc.property(anyNode, (node) => {
        const isolated = patched(node, isolatePatch(node, owner, true));
        const fenced = patched(isolated, fencePatch(isolated, owner));
        expect(essence(patched(fenced, unfencePatch(fenced, owner)))).toEqual(essence(isolated));
        expect(unfencePatch(isolated, owner)).toBeUndefined();
        expect(essence(patched(fenced, giveBackPatch(fenced, owner)))).toEqual(essence(node));
      }),
    );
  });

  it('given any node, when it is handed over, then it stays out of service and nothing but hold and cordon is left', () => {
    fc.assert(
      fc.property(anyNode, fc.boolean(), (node, cordon) => {
        const isolated = patched(node, isolatePatch(node, owner, cordon));
        const handed = patched(isolated, handOverPatch(isolated, owner, 'a person'));
        expect(essence(handed)).toEqual({
          taints: node.spec.taints ?? [],
          unschedulable: true,
          annotations: { ...node.metadata.annotations, [holdAnnotation]: 'a person' },
        });
        expect(handOverPatch(handed, owner, 'again')).toBeUndefined();
      }),
    );
  });

  it("given another process's isolation, when it is to be given back, then there is nothing of ours to remove", () => {
    fc.assert(
      fc.property(anyNode, (node) => {
        const theirs = patched(node, isolatePatch(node, 'inst2.p-ffffffffffffffff', true));
        expect(giveBackPatch(theirs, owner)).toBeUndefined();
      }),
    );
  });

  it("given a person's cordon, when the node is isolated and given back, then the cordon is never ours", () => {
    const node: KubernetesNode = {
      metadata: { name: 'n1', uid: 'u1', resourceVersion: '7' },
      spec: { unschedulable: true },
      status: {},
    };
    const isolated = patched(node, isolatePatch(node, owner, true));
    expect(isolated.metadata.annotations?.[cordonedByAnnotation]).toBeUndefined();
    expect(patched(isolated, giveBackPatch(isolated, owner)).spec.unschedulable).toBe(true);
  });

  it('given a person uncordoned what we cordoned, when a person cordons it later, then giving it back leaves it cordoned: it was taken for ours', () => {
    const isolated = patched(plain, isolatePatch(plain, owner, true));
    const theirs = cordoned(uncordoned(isolated), 'kubectl');
    expect([isolated, theirs].map((node) => cordonOf(node, owner))).toEqual(['ours', 'doubtful']);
    const back = patched(theirs, giveBackPatch(theirs, owner));
    expect(essence(back)).toEqual({ taints: [], unschedulable: true, annotations: {} });
  });

  it('given a server that keeps no book of who cordoned, when the node is given back, then it stays cordoned', () => {
    const { metadata, ...rest } = patched(plain, isolatePatch(plain, owner, true));
    const { managedFields: _unknown, ...unsaid } = metadata;
    const isolated = { ...rest, metadata: unsaid };
    expect(cordonOf(isolated, owner)).toBe('doubtful');
    expect(patched(isolated, giveBackPatch(isolated, owner)).spec.unschedulable).toBe(true);
  });

  it('given somebody applies the cordon that is ours, too, then it stays', () => {
    const isolated = patched(plain, isolatePatch(plain, owner, true));
    const applied = [...(isolated.metadata.managedFields ?? []), { manager: 'fleet', fieldsV1: {} }];
    const shared = { ...isolated, metadata: { ...isolated.metadata, managedFields: applied } };
    expect(cordonOf(shared, owner)).toBe('doubtful');
  });

  it('given a node that changed since it was read, when any patch is applied, then the server refuses it', () => {
    const node: KubernetesNode = {
      metadata: { name: 'n1', uid: 'u1', resourceVersion: '7' },
      spec: {},
      status: {},
    };
    const changed = { ...node, metadata: { ...node.metadata, resourceVersion: '8' } };
    const other = { ...node, metadata: { ...node.metadata, uid: 'u2' } };
    expect(() => applyJsonPatch(changed, isolatePatch(node, owner, true))).toThrow();
    expect(() => applyJsonPatch(other, isolatePatch(node, owner, true))).toThrow();
  });
});
