/** JSON without null: absent says it all, so that a merge patch can use null for removal. */
export type Json = string | number | boolean | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** RFC 7396 merge patch: null removes, objects merge, everything else replaces. */
export type MergePatch = { readonly [key: string]: PatchValue };
export type PatchValue = string | number | boolean | null | readonly Json[] | MergePatch;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

/** The text itself; anything else is an empty one. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The objects of a list; none where there is no list. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item: Json): item is JsonObject => isJsonObject(item));
}

/** What a text says as JSON; undefined: it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Deep equality of JSON values; undefined members count as absent. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  if (!isObject(left) || !isObject(right)) return canonicalJson(left) === canonicalJson(right);
  return (
    Object.keys(left).every((key) => sameJson(left[key], right[key])) &&
    Object.keys(right).every((key) => right[key] === undefined || left[key] !== undefined)
  );
}

/** JSON with sorted keys and without undefined members: equal text means the same value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (value === undefined) return 'null';
  if (!isObject(value)) return JSON.stringify(value);
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** The smallest merge patch that makes `after` out of `before`. */
export function mergeDifference(before: object, after: object): MergePatch {
  const old = before as Record<string, unknown>;
  const next = after as Record<string, unknown>;
  const patch: Record<string, PatchValue> = {};
  for (const key of Object.keys(old)) {
    if (old[key] !== undefined && next[key] === undefined) patch[key] = null;
  }
  for (const key of Object.keys(next)) {
    const [previous, value] = [old[key], next[key]];
    if (value === undefined || previous === value) continue;
    if (isObject(value) && isObject(previous)) {
      const inner = mergeDifference(previous, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!sameJson(previous, value)) {
      patch[key] = value as PatchValue;
    }
  }
  return patch;
}

function merged(value: Record<string, unknown>, patch: MergePatch): Record<string, unknown> {
  // Seldom is anything removed, and a copy of the whole costs a third of one by members.
  const isWhole = !hasMember(value, undefined) && !hasMember(patch, null);
  const stays = ([key, member]: [string, unknown]): boolean => patch[key] !== null && member !== undefined;
  const result = isWhole ? { ...value } : Object.fromEntries(Object.entries(value).filter(stays));
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === null || change === undefined) continue;
    const previous = result[key];
    result[key] = isPatch(change) ? merged(isObject(previous) ? previous : {}, change) : change;
  }
  return result;
}

/** Without a list of the members: each fact asks of the whole state. */
function hasMember(value: Readonly<Record<string, unknown>>, wanted: null | undefined): boolean {
  for (const key in value) if (value[key] === wanted) return true;
  return false;
}

function isPatch(change: PatchValue): change is MergePatch {
  return isObject(change);
}

/** Applies a merge patch; the given value is left as it is. */
export function applyMergePatch<Value extends object>(value: Value, patch: MergePatch): Value {
  return merged(value as Record<string, unknown>, patch) as Value;
}
