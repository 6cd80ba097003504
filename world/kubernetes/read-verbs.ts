import type { Route } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { isJsonObject, keyOf, numberAt, textAt } from './kubernetes-object.js';
import { apiVersionOf, pods } from './resources.js';
import { selectionOf, type Selection } from './selectors.js';
import { ApiRefusal, badRequest, expired, notFound } from './status.js';

/** Answers a get; 404 when there is no such object. */
export function getObject(state: ClusterState, route: Route & { readonly name: string }): StoredObject {
  const object = state.store.get(route.resource, route.namespace, route.name);
  if (object === undefined) throw notFound(route.resource, route.name);
  return state.present(route.resource, object);
}

/** Answers a list, sorted by key as etcd has it, in pages when a limit is given. */
export function listObjects(state: ClusterState, route: Route, query: URLSearchParams): JsonObject {
  const limit = limitOf(query);
  const start = continuationOf(state, query);
  refuseFuture(state, query);
  const selection = selectionOf(route.resource, query.get('labelSelector'), query.get('fieldSelector'));
  const selected = selectObjects(state, route, selection);
  const rest = start === undefined ? selected : selected.filter((object) => keyOf(object) > start.after);
  const page = limit === 0 ? rest : rest.slice(0, limit);
  const last = page.at(-1);
  const revision = start?.revision ?? state.store.revision;
  const more = last !== undefined && page.length < rest.length;
  return {
    kind: `${route.resource.kind}List`,
    apiVersion: apiVersionOf(route.resource),
    metadata: {
      resourceVersion: String(revision),
      ...(more
        ? { continue: continueToken(revision, keyOf(last)), remainingItemCount: rest.length - page.length }
        : {}),
    },
    items: page.map((object) => state.present(route.resource, object)),
  };
}

/** The objects in the route's scope that the selection matches, sorted by key. */
export function selectObjects(state: ClusterState, route: Route, selection: Selection): StoredObject[] {
  const { resource, namespace } = route;
  const nodeName = resource === pods ? selection.exactFields.get('spec.nodeName') : undefined;
  const candidates =
    nodeName === undefined || nodeName === '' ? state.store.all(resource) : state.store.podsOnNode(nodeName);
  const selected: StoredObject[] = [];
  for (const object of candidates) {
    const inScope = namespace === undefined || object.metadata.namespace === namespace;
    if (inScope && selection.matches(object)) selected.push(object);
  }
  return selected.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

function limitOf(query: URLSearchParams): number {
  const limit = query.get('limit') ?? '0';
  if (!/^\d+$/.test(limit))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
  return Number(limit);
}

function refuseFuture(state: ClusterState, query: URLSearchParams): void {
  const asked = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(asked)) throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(asked)}`);
  if (asked === '' || Number(asked) <= state.store.revision) return;
  const message = `Timeout: Too large resource version: ${asked}, current: ${state.store.revision}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  throw new ApiRefusal(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

function continueToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );
}

function continuationOf(
  state: ClusterState,
  query: URLSearchParams,
): { revision: number; after: string } | undefined {
  const token = query.get('continue');
  if (token === null || token === '') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('invalid continue token: continue key is not valid');
  }
  const rv = isJsonObject(parsed) ? numberAt(parsed, 'rv') : undefined;
  const start = isJsonObject(parsed) ? textAt(parsed, 'start') : undefined;
  if (rv === undefined || start === undefined)
    throw badRequest('invalid continue token: continue key is not valid');
  if (rv < state.store.history.forgottenRevision) {
    throw expired('The provided continue parameter is too old to display a consistent list result.');
  }
  return { revision: rv, after: start };
}
