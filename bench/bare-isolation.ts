import type { NodeApi, NodeObject, PatchOperation } from './node-api.js';

const owner = 'benchmarkfloor.p-aaaaaaaaaaaaaaaa';

function pointer(key: string): string {
  return `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Annotations that an isolation sets, of the same lengths as Faultline's. */
const annotations = {
  'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
  'karpenter.sh/do-not-disrupt': 'true',
  'faultline.dev/restore-annotations': JSON.stringify({
    owner,
    values: {
      'cluster-autoscaler.kubernetes.io/scale-down-disabled': null,
      'karpenter.sh/do-not-disrupt': null,
    },
  }),
  'faultline.dev/cordoned-by': owner,
};

/** The fields that Faultline changes to isolate a node, in one patch that nothing comes before: the floor. */
export function bareIsolation({ metadata, spec }: NodeObject): readonly PatchOperation[] {
  const taint = { key: 'faultline.dev/maintenance', value: owner, effect: 'NoSchedule' };
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    spec.taints === undefined
      ? { op: 'add', path: '/spec/taints', value: [taint] }
      : { op: 'add', path: '/spec/taints/-', value: taint },
    { op: 'add', path: '/spec/unschedulable', value: true },
    ...(metadata.annotations === undefined
      ? [{ op: 'add' as const, path: '/metadata/annotations', value: annotations }]
      : Object.entries(annotations).map(([key, value]) => ({
          op: 'add' as const,
          path: pointer(key),
          value,
        }))),
  ];
}

/** Takes it back, so that the node can serve for another sample. Not measured. */
export async function undoIsolation(api: NodeApi, { metadata, spec }: NodeObject): Promise<NodeObject> {
  const last = (spec.taints?.length ?? 0) - 1;
  return api.patch(metadata.name, [
    ...(last < 0 ? [] : [{ op: 'remove' as const, path: `/spec/taints/${last}` }]),
    { op: 'remove', path: '/spec/unschedulable' },
    ...Object.keys(annotations).map((key) => ({ op: 'remove' as const, path: pointer(key) })),
  ]);
}
