import type { JsonObject } from './kubernetes-object.js';
import { isJsonObject } from './kubernetes-object.js';

/** RFC 7386: null removes, objects merge, everything else replaces. Leaves its arguments as they are. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: { [field: string]: unknown } = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, field);
    else result[field] = applyMergePatch(result[field], value);
  }
  return result;
}

/** What identifies an element of a list that strategic merge merges; every other list is replaced as a whole. */
const mergeKeys: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  ownerReferences: 'uid',
};
const mergedSets = new Set(['finalizers']);

/** Kubernetes' strategic merge for the lists of nodes and pods, with the directives `$patch` and `$deleteFromPrimitiveList`. */
export function applyStrategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  if (patch['$patch'] === 'delete') return {};
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const result: { [field: string]: unknown } = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) applyDirective(result, field, value);
    else if (value === null) Reflect.deleteProperty(result, field);
    else result[field] = mergeField(field, result[field], value);
  }
  return result;
}

function mergeField(field: string, present: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return applyStrategicMergePatch(present, value);
  const elements: unknown[] = value;
  if (mergedSets.has(field)) return [...new Set([...listOf(present), ...elements])];
  const key = mergeKeys[field];
  return key === undefined
    ? elements
    : mergeList(key, listOf(present).filter(isJsonObject), elements.filter(isJsonObject));
}

function mergeList(key: string, present: readonly JsonObject[], patch: readonly JsonObject[]): unknown[] {
  if (patch.some((element) => element['$patch'] === 'replace')) {
    return patch.filter((element) => element['$patch'] !== 'replace');
  }
  const result: unknown[] = [...present];
  for (const element of patch) {
    const position = result.findIndex((other) => isJsonObject(other) && other[key] === element[key]);
    if (element['$patch'] === 'delete') {
      if (position >= 0) result.splice(position, 1);
    } else if (position >= 0) {
      result[position] = applyStrategicMergePatch(result[position], element);
    } else {
      result.push(withoutDirectives(element));
    }
  }
  return result;
}

function applyDirective(result: { [field: string]: unknown }, directive: string, value: unknown): void {
  const prefix = '$deleteFromPrimitiveList/';
  if (!directive.startsWith(prefix)) return;
  const field = directive.slice(prefix.length);
  const gone = listOf(value);
  result[field] = listOf(result[field]).filter((element) => !gone.includes(element));
}

function withoutDirectives(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([field, content]) => !field.startsWith('$') && content !== null),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
