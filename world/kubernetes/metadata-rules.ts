import type { JsonObject, ObjectMetadata, OwnerReference } from './kubernetes-object.js';
import { isJsonObject, numberAt, objectsAt, textAt } from './kubernetes-object.js';
import type { Cause } from './status.js';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const keyName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** What is wrong with the form of `metadata`, by the rules that hold for every kind. */
export function metadataCauses(metadata: ObjectMetadata): readonly Cause[] {
  return [
    ...nameCauses(metadata.name),
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
      ...keyCauses('metadata.labels', key),
      ...valueCauses(value),
    ]),
    ...Object.keys(metadata.annotations ?? {}).flatMap((key) =>
      keyCauses('metadata.annotations', key.toLowerCase()),
    ),
    ...(metadata.finalizers ?? []).flatMap(finalizerCauses),
  ];
}

/** What an update must not change, and what it must not add to an object that is going. */
export function changedMetadataCauses(before: ObjectMetadata, after: ObjectMetadata): readonly Cause[] {
  const causes: Cause[] = [];
  if (after.uid !== before.uid) causes.push(immutable('metadata.uid', after.uid));
  if (before.deletionTimestamp !== undefined) {
    const added = (after.finalizers ?? []).filter(
      (finalizer) => before.finalizers?.includes(finalizer) !== true,
    );
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const message = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      causes.push({
        reason: 'FieldValueForbidden',
        message: `Forbidden: ${message}`,
        field: 'metadata.finalizers',
      });
    }
  }
  return causes;
}

export function immutable(field: string, value: unknown): Cause {
  return invalidValue(field, value, 'field is immutable');
}

export function invalidValue(field: string, value: unknown, why: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}

export function required(field: string, why?: string): Cause {
  return {
    reason: 'FieldValueRequired',
    message: `Required value${why === undefined ? '' : `: ${why}`}`,
    field,
  };
}

/**
 * The metadata as the server keeps it: only fields it knows, empty ones left out. A string tells what has a wrong type.
 * Identity and times are the caller's to give.
 */
export function readMetadata(
  raw: JsonObject,
  fixed: Pick<ObjectMetadata, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'>,
): ObjectMetadata | string {
  const labels = textMap(raw['labels']);
  const annotations = textMap(raw['annotations']);
  if (labels === 'wrong')
    return 'json: cannot unmarshal into Go struct field ObjectMeta.metadata.labels of type string';
  if (annotations === 'wrong') {
    return 'json: cannot unmarshal into Go struct field ObjectMeta.metadata.annotations of type string';
  }
  const finalizers = raw['finalizers'];
  if (finalizers !== undefined && finalizers !== null && !isTextList(finalizers)) {
    return 'json: cannot unmarshal into Go struct field ObjectMeta.metadata.finalizers of type []string';
  }
  const generateName = textAt(raw, 'generateName');
  const namespace = textAt(raw, 'namespace');
  const generation = numberAt(raw, 'generation');
  const deletionTimestamp = textAt(raw, 'deletionTimestamp');
  const grace = numberAt(raw, 'deletionGracePeriodSeconds');
  const managedFields = objectsAt(raw, 'managedFields');
  const owners = objectsAt(raw, 'ownerReferences').filter(isOwnerReference);
  return {
    ...fixed,
    ...(generateName === undefined || generateName === '' ? {} : { generateName }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    ...(generation === undefined || generation === 0 ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(grace === undefined ? {} : { deletionGracePeriodSeconds: grace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(managedFields.length === 0 ? {} : { managedFields }),
    ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    ...(isTextList(finalizers) && finalizers.length > 0 ? { finalizers } : {}),
  };
}

function nameCauses(name: string): readonly Cause[] {
  if (name.length > 253) return [invalidValue('metadata.name', name, 'must be no more than 253 bytes')];
  if (subdomain.test(name)) return [];
  const why =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [invalidValue('metadata.name', name, why)];
}

function keyCauses(field: string, key: string): readonly Cause[] {
  const slash = key.indexOf('/');
  const name = slash < 0 ? key : key.slice(slash + 1);
  const causes: Cause[] = [];
  if (slash >= 0 && !subdomain.test(key.slice(0, slash))) {
    causes.push(invalidValue(field, key, 'prefix part must be a lowercase RFC 1123 subdomain'));
  }
  if (!keyName.test(name)) {
    const why =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    causes.push(invalidValue(field, key, why));
  }
  if (name.length > 63) causes.push(invalidValue(field, key, 'name part must be no more than 63 bytes'));
  return causes;
}

function valueCauses(value: string): readonly Cause[] {
  if (value.length > 63) return [invalidValue('metadata.labels', value, 'must be no more than 63 bytes')];
  if (labelValue.test(value)) return [];
  const why =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [invalidValue('metadata.labels', value, why)];
}

function finalizerCauses(finalizer: string, position: number): readonly Cause[] {
  if (finalizer.includes('/') || ['orphan', 'foregroundDeletion', 'kubernetes'].includes(finalizer))
    return [];
  const why = 'name is neither a standard finalizer name nor is it fully qualified';
  return [invalidValue(`metadata.finalizers[${position}]`, finalizer, why)];
}

/** Undefined when there is nothing in it. */
function textMap(value: unknown): Readonly<Record<string, string>> | undefined | 'wrong' {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return 'wrong';
  const entries: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text === 'string') entries.push([key, text]);
    else if (text !== null) return 'wrong';
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isOwnerReference(value: JsonObject): value is OwnerReference {
  return (
    typeof value['kind'] === 'string' && typeof value['name'] === 'string' && typeof value['uid'] === 'string'
  );
}
