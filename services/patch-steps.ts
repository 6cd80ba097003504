import type { JsonPatch, KubernetesNode, KubernetesPod, Taint } from '../adapters/ports/kubernetes.js';
import { pointerPart } from '../adapters/ports/node-marks.js';

export type PatchStep = JsonPatch[number];

/**
 * The patch holds only for the object as it was read: another incarnation or any change since makes the server refuse
 * it. (`spec.taints` is one list: without this a taint that somebody adds at the same moment would be lost.)
 */
export function asRead({ metadata }: KubernetesNode | KubernetesPod): PatchStep[] {
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
  ];
}

export function addTaints(node: KubernetesNode, taints: readonly Taint[]): PatchStep[] {
  if (node.spec.taints === undefined) return [{ op: 'add', path: '/spec/taints', value: taints }];
  return taints.map((value) => ({ op: 'add', path: '/spec/taints/-', value }));
}

/** Removes by place, highest first, so that others' taints stay as they are; an empty list goes as a whole. */
export function removeTaints(node: KubernetesNode, ours: (taint: Taint) => boolean): PatchStep[] {
  const taints = node.spec.taints ?? [];
  const places = taints.flatMap((taint, place) => (ours(taint) ? [place] : []));
  if (places.length === 0) return [];
  if (places.length === taints.length) return [{ op: 'remove', path: '/spec/taints' }];
  return places.reverse().map((place) => ({ op: 'remove', path: `/spec/taints/${place}` }));
}

/** New values of annotations or labels; undefined removes. What has that value already is left out. */
export function setKeys(
  object: KubernetesNode | KubernetesPod,
  member: 'annotations' | 'labels',
  changes: ReadonlyMap<string, string | undefined>,
): PatchStep[] {
  const present = object.metadata[member];
  const wanted = [...changes].filter(([key, value]) => present?.[key] !== value);
  if (present === undefined) {
    const added = wanted.filter((entry): entry is [string, string] => entry[1] !== undefined);
    if (added.length === 0) return [];
    return [{ op: 'add', path: `/metadata/${member}`, value: Object.fromEntries(added) }];
  }
  return wanted.map(([key, value]) => {
    const path = `/metadata/${member}/${pointerPart(key)}`;
    return value === undefined ? { op: 'remove', path } : { op: 'add', path, value };
  });
}
