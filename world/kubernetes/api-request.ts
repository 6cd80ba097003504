import type { JsonObject } from './kubernetes-object.js';
import { isJsonObject } from './kubernetes-object.js';
import { allResources, type Resource } from './resources.js';

/** One request, as far as the part that knows Kubernetes needs it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Media type alone, without parameters; empty when absent. */
  readonly contentType: string;
  readonly body: string;
  readonly userAgent: string;
  readonly user: string;
}

/** What a path within the API means. */
export interface Route {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** In whose name it changes fields. */
  readonly manager?: string;
}

const byPath = new Map(
  allResources.map((resource) => [
    `${resource.group === '' ? 'api' : `apis/${resource.group}`}/${resource.version}/${resource.plural}`,
    resource,
  ]),
);

/** Undefined when no such resource is served there. */
export function routeOf(path: string): Route | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const prefixLength = parts[0] === 'api' ? 2 : 3;
  const prefix = parts.slice(0, prefixLength).join('/');
  const rest = parts.slice(prefixLength);
  const namespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' ? rest[1] : undefined;
  const [plural = '', name, subresource, ...more] = namespace === undefined ? rest : rest.slice(2);
  const resource = byPath.get(`${prefix}/${plural}`);
  if (resource === undefined || more.length > 0 || name === '') return undefined;
  if (namespace !== undefined && !resource.namespaced) return undefined;
  if (namespace === undefined && resource.namespaced && name !== undefined) return undefined;
  if (subresource !== undefined && !resource.subresources.includes(subresource)) return undefined;
  return { resource, namespace, name, subresource };
}

/** The Kubernetes verb of the request (RBAC's word), for logs and for finding requests to disturb. */
export function verbOf(method: string, route: Route | undefined, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
      if (isWatch(query)) return 'watch';
      return route?.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return route?.name === undefined ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}

export function isWatch(query: URLSearchParams): boolean {
  return query.get('watch') === 'true' || query.get('watch') === '1';
}

/** Undefined when the text is no JSON object. */
export function jsonObjectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
