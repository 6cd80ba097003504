import type { ApiRequest, Route } from './api-request.js';
import { jsonObjectOf } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import { withDefaults } from './defaults.js';
import { managersOf } from './field-managers.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { isJsonObject, objectAt, textAt, timestamp, without } from './kubernetes-object.js';
import { changeCauses, kindCauses, normalised, wrongType } from './kind-rules.js';
import { changedMetadataCauses, metadataCauses, readMetadata, required } from './metadata-rules.js';
import { apiVersionOf, namespaces, nodes, pods, type Resource } from './resources.js';
import {
  ApiRefusal,
  alreadyExists,
  badRequest,
  conflict,
  detailsOf,
  invalid,
  modified,
  notFound,
} from './status.js';
import { qualified } from './resources.js';

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Reads the body of a create or update as an object of the route's kind; throws 400 and 415. */
export function readBody(request: ApiRequest, resource: Resource): JsonObject {
  if (request.contentType !== 'application/json' && request.contentType !== '') {
    const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
    throw new ApiRefusal(415, 'UnsupportedMediaType', message);
  }
  const body = jsonObjectOf(request.body);
  if (body === undefined)
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  const kind = textAt(body, 'kind') ?? resource.kind;
  if (kind !== resource.kind)
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${resource.kind}`);
  const apiVersion = textAt(body, 'apiVersion') ?? apiVersionOf(resource);
  if (apiVersion !== apiVersionOf(resource)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`,
    );
  }
  const problem = wrongType(resource, body);
  if (problem !== undefined)
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: ${problem}`);
  return body;
}

/** True for `dryRun=All`; 422 for anything else but nothing. */
export function isDryRun(values: readonly unknown[]): boolean {
  if (values.length === 0) return false;
  if (values.every((value) => value === 'All')) return true;
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  const causes = [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }];
  const details = { group: 'meta.k8s.io', kind: 'CreateOptions', causes };
  throw new ApiRefusal(
    422,
    'Invalid',
    `CreateOptions.meta.k8s.io "" is invalid: dryRun: ${message}`,
    details,
  );
}

/** Creates the object in the route's namespace. Throws 400, 404 (namespace), 409 (exists), 422; 500 with a resourceVersion. */
export function createObject(
  state: ClusterState,
  route: Route,
  body: JsonObject,
  dryRun: boolean,
): StoredObject {
  const { resource } = route;
  const raw = objectAt(body, 'metadata');
  const namespace = namespaceFor(route, raw);
  const name = textAt(raw, 'name') ?? generatedName(raw);
  if (name === '') {
    throw invalid(resource, '', [required('metadata.name', 'name or generateName is required')]);
  }
  if ((textAt(raw, 'resourceVersion') ?? '') !== '') {
    throw new ApiRefusal(500, undefined, 'resourceVersion should not be set on objects to be created');
  }
  if (namespace !== undefined && state.store.get(namespaces, undefined, namespace) === undefined) {
    throw notFound(namespaces, namespace);
  }
  const draft = newObject(state, route, body, name, namespace);
  const causes = [...metadataCauses(draft.metadata), ...kindCauses(resource, draft)];
  if (causes.length > 0) throw invalid(resource, name, causes);
  const complete = normalised(resource, withDefaults(resource, draft, state.clock.now()));
  if (state.store.get(resource, namespace, name) !== undefined) throw alreadyExists(resource, name);
  return dryRun ? complete : state.store.put(resource, complete);
}

function namespaceFor(route: Route, raw: JsonObject): string | undefined {
  const given = textAt(raw, 'namespace') ?? '';
  if (route.resource.namespaced && given !== '' && given !== route.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return route.resource.namespaced ? route.namespace : undefined;
}

function generatedName(raw: JsonObject): string {
  const prefix = textAt(raw, 'generateName') ?? '';
  if (prefix === '') return '';
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return prefix + Array.from(bytes, (byte) => suffixAlphabet.charAt(byte % suffixAlphabet.length)).join('');
}

function newObject(
  state: ClusterState,
  { resource, manager }: Route,
  body: JsonObject,
  name: string,
  namespace: string | undefined,
): StoredObject {
  const fixed = {
    name,
    uid: state.newUid(),
    resourceVersion: '',
    creationTimestamp: timestamp(state.clock.now()),
  };
  const raw = without(
    objectAt(body, 'metadata'),
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'namespace',
  );
  const managedFields =
    resource === nodes ? managersOf(undefined, body['spec'], { manager, at: state.clock.now() }) : undefined;
  const metadata = readMetadata({ ...raw, managedFields }, fixed);
  if (typeof metadata === 'string')
    throw badRequest(`${resource.kind} in version "v1" cannot be handled: ${metadata}`);
  return {
    ...without(body, 'spec', 'status', 'metadata'),
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resource.counted ? { generation: 1 } : {}),
    },
    ...(isJsonObject(body['spec']) ? { spec: body['spec'] } : {}),
    ...(isJsonObject(body['status']) && resource.statusOnCreate ? { status: body['status'] } : {}),
  };
}

export interface Target {
  readonly resource: Resource;
  readonly name: string;
  readonly subresource: string | undefined;
  /** In whose name fields change; absent: nobody's. */
  readonly manager?: string;
}

/**
 * Makes `desired` the new state of the object, as an update or after a patch: identity stays, the part that the
 * (sub)resource does not own stays. Throws 400, 409 (version or UID), 422.
 */
export function updateObject(
  state: ClusterState,
  target: Target,
  before: StoredObject,
  desired: JsonObject,
  dryRun: boolean,
): StoredObject {
  const { resource, name } = target;
  const raw = objectAt(desired, 'metadata');
  const given = textAt(raw, 'name') ?? name;
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  refuseOtherVersion(target, before, raw);
  const after = merged(target, before, desired, { raw, at: state.clock.now() });
  const causes = [
    ...metadataCauses(after.metadata),
    ...changedMetadataCauses(before.metadata, after.metadata),
    ...kindCauses(resource, after),
    ...changeCauses(resource, before, after),
  ];
  if (causes.length > 0) throw invalid(resource, name, causes);
  return dryRun ? after : state.replace(resource, before, after);
}

function refuseOtherVersion({ resource, name }: Target, before: StoredObject, raw: JsonObject): void {
  const version = textAt(raw, 'resourceVersion') ?? '';
  if (version !== '' && version !== before.metadata.resourceVersion) throw modified(resource, name);
  if (version === '' && !resource.unconditionalUpdate) {
    const message = 'Invalid value: 0: must be specified for an update';
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }];
    const what = qualified(resource);
    const details = { ...detailsOf(resource, name, resource.plural), causes };
    throw new ApiRefusal(
      422,
      'Invalid',
      `${what} "${name}" is invalid: metadata.resourceVersion: ${message}`,
      details,
    );
  }
}

/** A PUT that names another UID is about another object of that name. */
export function refuseOtherUid({ resource, name }: Target, before: StoredObject, desired: JsonObject): void {
  const uid = textAt(objectAt(desired, 'metadata'), 'uid') ?? '';
  if (uid === '' || uid === before.metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`;
  throw conflict(qualified(resource), name, why, detailsOf(resource, name, resource.plural));
}

function merged(
  { resource, subresource, manager }: Target,
  before: StoredObject,
  desired: JsonObject,
  { raw, at }: { readonly raw: JsonObject; readonly at: number },
): StoredObject {
  const { namespace, generation, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
  const fixed = {
    name: before.metadata.name,
    uid: textAt(raw, 'uid') ?? before.metadata.uid,
    resourceVersion: before.metadata.resourceVersion,
    creationTimestamp: before.metadata.creationTimestamp,
  };
  const status = subresource === 'status' ? desired['status'] : before.status;
  const spec = subresource === 'status' || resource.kind === 'Event' ? before.spec : desired['spec'];
  const managedFields = resource === nodes ? managersOf(before, spec, { manager, at }) : undefined;
  const kept = { namespace, generation, deletionTimestamp, deletionGracePeriodSeconds, managedFields };
  const metadata = readMetadata({ ...raw, ...kept }, fixed);
  if (typeof metadata === 'string') throw badRequest(metadata);
  const rest = subresource === 'status' ? before : desired;
  return normalised(resource, {
    ...without(rest, 'spec', 'status'),
    kind: before.kind,
    apiVersion: before.apiVersion,
    metadata,
    ...(isJsonObject(spec) ? { spec: resource === pods ? { ...before.spec, ...spec } : spec } : {}),
    ...(isJsonObject(status) ? { status } : {}),
  });
}
