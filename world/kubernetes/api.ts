import type { ApiRequest, Route } from './api-request.js';
import { bindPod } from './binding.js';
import type { ClusterState } from './cluster-state.js';
import { deleteObject, deleteOptionsOf } from './delete-verb.js';
import { evictPod } from './eviction.js';
import { managerOf } from './field-managers.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { patchObject, refuseUnknownPatch } from './patch-verb.js';
import { getObject, listObjects } from './read-verbs.js';
import { namespaces } from './resources.js';
import { selectionOf } from './selectors.js';
import { selectObjects } from './read-verbs.js';
import { badRequest, methodNotAllowed, notFound } from './status.js';
import { createObject, isDryRun, readBody, refuseOtherUid, updateObject } from './write-verbs.js';
import { jsonObjectOf } from './api-request.js';

export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
  /** UID of the object that the request was about, when there is one. */
  readonly uid?: string;
}

/** Answers everything but watches. Synchronous, so that requests never interleave; throws `ApiRefusal`. */
export function answer(state: ClusterState, asked: Route, request: ApiRequest): Answer {
  const route = { ...asked, manager: managerOf(request) };
  const { name } = route;
  if (name === undefined) return answerCollection(state, route, request);
  const named = { ...route, name };
  if (request.method === 'GET') return about(200, getObject(state, named));
  if (request.method === 'POST') return answerAction(state, named, request);
  if (request.method === 'PUT') return answerUpdate(state, named, request);
  if (request.method === 'PATCH') {
    refuseUnknownPatch(request.contentType);
    return about(
      200,
      patchObject(state, named, found(state, named), request, isDryRun(request.query.getAll('dryRun'))),
    );
  }
  if (request.method === 'DELETE' && route.subresource === undefined) {
    const options = deleteOptionsOf(request);
    const object = found(state, named);
    return {
      code: 200,
      body: deleteObject(state, route.resource, object, options),
      uid: object.metadata.uid,
    };
  }
  throw methodNotAllowed();
}

function answerCollection(state: ClusterState, route: Route, request: ApiRequest): Answer {
  if (request.method === 'GET') return { code: 200, body: listObjects(state, route, request.query) };
  const scoped = !route.resource.namespaced || route.namespace !== undefined;
  if (request.method === 'POST' && scoped) {
    const body = readBody(request, route.resource);
    return about(201, createObject(state, route, body, isDryRun(request.query.getAll('dryRun'))));
  }
  if (request.method === 'DELETE' && scoped) return deleteCollection(state, route, request);
  throw methodNotAllowed();
}

function deleteCollection(state: ClusterState, route: Route, request: ApiRequest): Answer {
  const list = listObjects(state, route, request.query);
  const selection = selectionOf(
    route.resource,
    request.query.get('labelSelector'),
    request.query.get('fieldSelector'),
  );
  const options = deleteOptionsOf(request);
  for (const object of selectObjects(state, route, selection))
    deleteObject(state, route.resource, object, options);
  return { code: 200, body: list };
}

type NamedRoute = Route & { readonly name: string };

function answerAction(state: ClusterState, route: NamedRoute, request: ApiRequest): Answer {
  if (route.subresource !== 'eviction' && route.subresource !== 'binding') throw methodNotAllowed();
  const body = jsonObjectOf(request.body);
  if (body === undefined) throw badRequest('the object provided is unrecognized');
  const pod = found(state, route);
  const result = route.subresource === 'eviction' ? evictPod(state, pod, body) : bindPod(state, pod, body);
  return { code: 201, body: result, uid: pod.metadata.uid };
}

function answerUpdate(state: ClusterState, route: NamedRoute, request: ApiRequest): Answer {
  const body = readBody(request, route.resource);
  const dryRun = isDryRun(request.query.getAll('dryRun'));
  const before = state.store.get(route.resource, route.namespace, route.name);
  if (before === undefined && route.resource.createdByUpdate) {
    return about(201, createObject(state, route, named(body, route.name), dryRun));
  }
  const object = found(state, route);
  refuseOtherUid(route, object, body);
  return about(200, updateObject(state, route, object, body, dryRun));
}

function named(body: JsonObject, name: string): JsonObject {
  const metadata = body['metadata'];
  const given: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'name') : undefined;
  if (given === name) return body;
  throw badRequest(`the name of the object (${String(given)}) does not match the name on the URL (${name})`);
}

function found(state: ClusterState, route: NamedRoute): StoredObject {
  const object = state.store.get(route.resource, route.namespace, route.name);
  if (object === undefined) throw notFound(route.resource, route.name);
  return object;
}

function about(code: number, object: StoredObject): Answer {
  return { code, body: object, uid: object.metadata.uid };
}

/** The namespaces that every cluster has. */
export function createInitialNamespaces(state: ClusterState): void {
  const route = { resource: namespaces, namespace: undefined, name: undefined, subresource: undefined };
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    createObject(state, route, { metadata: { name } }, false);
  }
}
