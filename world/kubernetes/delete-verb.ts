import type { ApiRequest } from './api-request.js';
import { jsonObjectOf } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { numberAt, objectAt, textAt } from './kubernetes-object.js';
import { pods, type Resource } from './resources.js';
import { badRequest, detailsOf, preconditionFailed, success } from './status.js';
import { isDryRun } from './write-verbs.js';

/** The DeleteOptions of a deletion: from the body, else from the query. Throws 400. */
export function deleteOptionsOf(request: ApiRequest): JsonObject {
  const grace = request.query.get('gracePeriodSeconds');
  const fromQuery: JsonObject = {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    dryRun: request.query.getAll('dryRun'),
  };
  if (request.body === '') return fromQuery;
  const body = jsonObjectOf(request.body);
  if (body === undefined)
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  return { ...fromQuery, ...body };
}

/** Deletes the object with its preconditions (409). Returns what the client is answered with, always under 200. */
export function deleteObject(
  state: ClusterState,
  resource: Resource,
  object: StoredObject,
  options: JsonObject,
): JsonObject {
  refuseFailedPrecondition(resource, object, objectAt(options, 'preconditions'));
  const { name, uid } = object.metadata;
  const goneAnswer = success({ ...detailsOf(resource, name, resource.plural), uid });
  const dryRun = options['dryRun'];
  if (isDryRun(Array.isArray(dryRun) ? dryRun : [])) return resource === pods ? object : goneAnswer;
  const gracePeriodSeconds = numberAt(options, 'gracePeriodSeconds');
  const deleted = state.delete(
    resource,
    object,
    gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
  );
  return deleted.gone && resource !== pods ? goneAnswer : deleted.object;
}

export function refuseFailedPrecondition(
  resource: Resource,
  object: StoredObject,
  preconditions: JsonObject,
): void {
  const { name, uid, resourceVersion } = object.metadata;
  const wantedUid = textAt(preconditions, 'uid') ?? uid;
  if (wantedUid !== uid) {
    const why = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw preconditionFailed(resource, name, why);
  }
  const wantedVersion = textAt(preconditions, 'resourceVersion') ?? resourceVersion;
  if (wantedVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wantedVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw preconditionFailed(resource, name, why);
  }
}
