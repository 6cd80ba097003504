import type { JsonObject, StoredObject } from './kubernetes-object.js';
import {
  isJsonObject,
  numberAt,
  objectAt,
  objectsAt,
  sameJson,
  textAt,
  without,
} from './kubernetes-object.js';
import { invalidValue, required } from './metadata-rules.js';
import {
  coreEvents,
  groupEvents,
  leases,
  nodes,
  podDisruptionBudgets,
  pods,
  type Resource,
} from './resources.js';
import type { Cause } from './status.js';

const nodeSpecFields = ['podCIDR', 'podCIDRs', 'providerID', 'unschedulable', 'taints'];
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Says which field has a type that the kind does not have, in the words of a decoder; undefined when all is well. */
export function wrongType(resource: Resource, object: JsonObject): string | undefined {
  if (object['spec'] !== undefined && object['spec'] !== null && !isJsonObject(object['spec']))
    return 'spec: not an object';
  const spec = objectAt(object, 'spec');
  if (resource === nodes) return wrongNodeType(spec);
  if (resource === leases) return wrongLeaseType(spec);
  if (resource === pods && !isListOrAbsent(spec['containers'])) return 'spec.containers: not a list';
  return undefined;
}

function wrongNodeType(spec: JsonObject): string | undefined {
  const { unschedulable, taints } = spec;
  if (unschedulable !== undefined && unschedulable !== null && typeof unschedulable !== 'boolean') {
    return 'json: cannot unmarshal string into Go struct field NodeSpec.spec.unschedulable of type bool';
  }
  return isListOrAbsent(taints)
    ? undefined
    : 'json: cannot unmarshal into Go struct field NodeSpec.spec.taints of type []v1.Taint';
}

function wrongLeaseType(spec: JsonObject): string | undefined {
  const renewed = spec['renewTime'];
  if (renewed === undefined || renewed === null) return undefined;
  const readable =
    typeof renewed === 'string' && /^\d{4}-\d\d-\d\dT/.test(renewed) && !Number.isNaN(Date.parse(renewed));
  return readable
    ? undefined
    : `parsing time ${JSON.stringify(renewed)} as "2006-01-02T15:04:05.000000Z07:00"`;
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

/** The object in the form in which it is kept: fields that hold nothing are left out, for nodes also unknown ones. */
export function normalised(resource: Resource, object: StoredObject): StoredObject {
  if (resource !== nodes) return object;
  const kept = Object.entries(objectAt(object, 'spec')).filter(
    ([field, value]) => nodeSpecFields.includes(field) && !isEmpty(value),
  );
  return { ...object, spec: Object.fromEntries(kept) };
}

function isEmpty(value: unknown): boolean {
  return value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

/** What the kind's own rules have against the object. */
export function kindCauses(resource: Resource, object: StoredObject): readonly Cause[] {
  if (resource === nodes) return taintCauses(object);
  if (resource === pods)
    return objectsAt(object.spec, 'containers').length > 0 ? [] : [required('spec.containers')];
  if (resource === leases) return leaseCauses(object);
  if (resource === coreEvents) return coreEventCauses(object);
  if (resource === groupEvents) return (object['eventTime'] ?? null) === null ? [required('eventTime')] : [];
  if (resource === podDisruptionBudgets) return budgetCauses(object);
  return [];
}

/** What the kind's own rules have against this change of the object. */
export function changeCauses(
  resource: Resource,
  before: StoredObject,
  after: StoredObject,
): readonly Cause[] {
  if (resource === nodes) return providerCauses(before, after);
  if (resource === pods) return podSpecCauses(before, after);
  return [];
}

function taintCauses(node: StoredObject): readonly Cause[] {
  const causes: Cause[] = [];
  const seen = new Set<string>();
  objectsAt(node.spec, 'taints').forEach((taint, position) => {
    const field = `metadata.taints[${position}]`;
    const key = textAt(taint, 'key') ?? '';
    const effect = textAt(taint, 'effect') ?? '';
    if (key === '') causes.push(required(`${field}.key`, 'name part must be non-empty'));
    if (effect === '') causes.push(required(`${field}.effect`));
    else if (!taintEffects.includes(effect))
      causes.push(unsupported(`${field}.effect`, effect, taintEffects));
    const identity = `${key}:${effect}`;
    if (seen.has(identity)) causes.push(duplicate(field, taint));
    seen.add(identity);
  });
  return causes;
}

function unsupported(field: string, value: string, supported: readonly string[]): Cause {
  const list = supported.map((element) => JSON.stringify(element)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

function duplicate(field: string, value: unknown): Cause {
  const message = `Duplicate value: ${JSON.stringify(value)}: taints must be unique by key and effect pair`;
  return { reason: 'FieldValueDuplicate', message, field };
}

function leaseCauses(lease: StoredObject): readonly Cause[] {
  const duration = numberAt(lease.spec, 'leaseDurationSeconds');
  if (duration === undefined || duration > 0) return [];
  return [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')];
}

function coreEventCauses(event: StoredObject): readonly Cause[] {
  const about = textAt(objectAt(event, 'involvedObject'), 'namespace') ?? '';
  const own = event.metadata.namespace ?? '';
  if (about === own || (about === '' && own === 'default')) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

function budgetCauses(budget: StoredObject): readonly Cause[] {
  const spec = objectAt(budget, 'spec');
  if (spec['minAvailable'] === undefined || spec['maxUnavailable'] === undefined) return [];
  return [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
}

function providerCauses(before: StoredObject, after: StoredObject): readonly Cause[] {
  const old = textAt(before.spec, 'providerID') ?? '';
  if (old === '' || old === textAt(after.spec, 'providerID')) return [];
  const message = 'Forbidden: node updates may not change providerID except from "" to valid';
  return [{ reason: 'FieldValueForbidden', message, field: 'spec.providerID' }];
}

/** Of a pod's spec only images, the deadline, tolerations and the grace period may change. */
function podSpecCauses(before: StoredObject, after: StoredObject): readonly Cause[] {
  if (sameJson(fixedPodSpec(before), fixedPodSpec(after))) return [];
  const message =
    'Forbidden: pod updates may not change fields other than `spec.containers[*].image` and a few more';
  return [{ reason: 'FieldValueForbidden', message, field: 'spec' }];
}

function fixedPodSpec(pod: StoredObject): JsonObject {
  const containers = objectsAt(pod.spec, 'containers').map((container) => without(container, 'image'));
  const changeable = ['containers', 'activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'];
  return { ...without(objectAt(pod, 'spec'), ...changeable), containers };
}
