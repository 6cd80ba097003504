import type { ApiRequest } from './api-request.js';
import { jsonObjectOf } from './api-request.js';
import type { JsonObject } from './kubernetes-object.js';
import { allResources, apiVersionOf } from './resources.js';
import { badRequest, methodNotAllowed } from './status.js';

export interface PlainAnswer {
  readonly code: number;
  /** Text is sent as text, anything else as JSON. */
  readonly body: JsonObject | string;
}

const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0',
  gitTreeState: 'clean',
  platform: 'linux/amd64',
};
const reviewPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const methods = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Answers the paths that are no stored objects: health, version, discovery, access reviews. Undefined for any other. */
export function answerOtherPath(request: ApiRequest): PlainAnswer | undefined {
  const { path } = request;
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return { code: 200, body: 'ok' };
  if (path === '/version') return { code: 200, body: version };
  if (path === '/api') return { code: 200, body: { kind: 'APIVersions', versions: ['v1'] } };
  if (path === reviewPath) return reviewAccess(request);
  return discover(path);
}

/** Everything is allowed here; rights are tried on the real server. */
function reviewAccess(request: ApiRequest): PlainAnswer {
  if (request.method !== 'POST') throw methodNotAllowed();
  const review = jsonObjectOf(request.body);
  if (review === undefined)
    throw badRequest('the object provided is unrecognized (must be of type SelfSubjectAccessReview)');
  const identity = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {} };
  return { code: 201, body: { ...identity, spec: review['spec'], status: { allowed: true } } };
}

function discover(path: string): PlainAnswer | undefined {
  const groupVersion = /^\/(?:api\/(v1)|apis\/([a-z0-9.]+\/v1))\/?$/.exec(path);
  const wanted = groupVersion?.[1] ?? groupVersion?.[2];
  const served = allResources.filter((resource) => apiVersionOf(resource) === wanted);
  if (wanted === undefined || served.length === 0) return undefined;
  const resources = served.flatMap(({ plural, kind, namespaced, subresources }) => [
    { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: methods },
    ...subresources.map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: '',
      namespaced,
      kind,
      verbs: ['create', 'get', 'patch', 'update'],
    })),
  ]);
  return { code: 200, body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: wanted, resources } };
}
