import type { Condition, JsonObject, StoredObject, Taint } from './kubernetes-object.js';
import { objectsAt, textAt } from './kubernetes-object.js';

/** Reads of nodes and pods that several controllers share. */
export function taintsOf(node: StoredObject): readonly Taint[] {
  return objectsAt(node.spec, 'taints').filter(isTaint);
}

export function conditionsOf(object: StoredObject): readonly Condition[] {
  return objectsAt(object.status, 'conditions').filter(isCondition);
}

export function conditionStatus(object: StoredObject, type: string): string | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)?.status;
}

export function isReady(object: StoredObject): boolean {
  return conditionStatus(object, 'Ready') === 'True';
}

export function nodeNameOf(pod: StoredObject): string | undefined {
  const name = textAt(pod.spec, 'nodeName');
  return name === '' ? undefined : name;
}

export function phaseOf(pod: StoredObject): string | undefined {
  return textAt(pod.status, 'phase');
}

export function isFinished(pod: StoredObject): boolean {
  const phase = phaseOf(pod);
  return phase === 'Succeeded' || phase === 'Failed';
}

export function controllerUidOf(object: StoredObject): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

/** The first toleration of the pod that matches the taint: its seconds, `Infinity` when unlimited, undefined when none. */
export function toleratedSeconds(pod: StoredObject, taint: Taint): number | undefined {
  const matching = objectsAt(pod.spec, 'tolerations').filter((toleration) => tolerates(toleration, taint));
  if (matching.length === 0) return undefined;
  const seconds = matching.map((toleration) => {
    const limit = toleration['tolerationSeconds'];
    return typeof limit === 'number' ? limit : Infinity;
  });
  return Math.min(...seconds);
}

function tolerates(toleration: JsonObject, taint: Taint): boolean {
  const { key, operator, value, effect } = toleration;
  if (typeof effect === 'string' && effect !== '' && effect !== taint.effect) return false;
  if (typeof key === 'string' && key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return typeof key === 'string' && key !== '' && (value ?? '') === (taint.value ?? '');
}

function isTaint(value: JsonObject): value is Taint {
  return typeof value['key'] === 'string' && typeof value['effect'] === 'string';
}

function isCondition(value: JsonObject): value is Condition {
  return typeof value['type'] === 'string' && typeof value['status'] === 'string';
}
