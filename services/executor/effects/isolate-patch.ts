import type { JsonPatch, KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import {
  annotation,
  autoscalerAnnotations,
  cordonedByAnnotation,
  fencedByAnnotation,
  maintenanceTaint,
  restoreAnnotation,
} from '../../../adapters/ports/node-marks.js';
import { addTaints, asRead, setKeys, type PatchStep } from '../../patch-steps.js';
import { rememberedBy, rememberedText } from './remembered-annotations.js';

/**
 * Takes a node out of service: our taint, a cordon if wanted and not there yet, autoscalers told to keep off. Pure;
 * the node must not carry our taint.
 * @param owner who will own it, as in the taint's value
 */
export function isolatePatch(node: KubernetesNode, owner: string, cordon: boolean): JsonPatch {
  const cordons = cordon && node.spec.unschedulable !== true;
  const cordonStep: PatchStep[] = cordons ? [{ op: 'add', path: '/spec/unschedulable', value: true }] : [];
  const before = new Map(autoscalerAnnotations.map((key) => [key, annotation(node, key)] as const));
  const changes = new Map<string, string | undefined>([
    ...autoscalerAnnotations.map((key) => [key, 'true'] as const),
    [restoreAnnotation, rememberedText(owner, before)],
    ...(cordons ? [[cordonedByAnnotation, owner] as const] : []),
  ]);
  return [
    ...asRead(node),
    ...addTaints(node, [{ key: maintenanceTaint, value: owner, effect: 'NoSchedule' }]),
    ...cordonStep,
    ...setKeys(node, 'annotations', changes),
  ];
}

/** Makes the isolation of one owner that of another, so that the node is never without one in between. Pure. */
export function adoptPatch(node: KubernetesNode, from: string, to: string): JsonPatch {
  const place = (node.spec.taints ?? []).findIndex(
    ({ key, value }) => key === maintenanceTaint && value === from,
  );
  const marks = [cordonedByAnnotation, fencedByAnnotation].filter((key) => annotation(node, key) === from);
  const changes = new Map<string, string | undefined>([
    ...marks.map((key) => [key, to] as const),
    ...rememberedBy(node, from, to),
  ]);
  return [
    ...asRead(node),
    { op: 'replace', path: `/spec/taints/${place}/value`, value: to },
    ...setKeys(node, 'annotations', changes),
  ];
}
