import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorldClock } from '../clock.js';
import { answer } from './api.js';
import { isWatch, routeOf, verbOf, type ApiRequest, type Route } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import { refusalOf, type Disturbances, type DisturbableRequest } from './disturbances.js';
import type { JsonObject } from './kubernetes-object.js';
import { answerOtherPath } from './other-paths.js';
import type { RequestLog } from './request-log.js';
import { ApiRefusal, methodNotAllowed, noSuchPath, unauthorized } from './status.js';
import { serveWatch } from './watch-stream.js';

export interface FrontOptions {
  readonly state: ClusterState;
  readonly log: RequestLog;
  readonly disturbances: Disturbances;
  /** Wall time: watches time out by it, however the world's clock jumps. */
  readonly wallClock: WorldClock;
  /** User names by bearer token. */
  readonly users: ReadonlyMap<string, string>;
}

interface Outcome {
  readonly code: number;
  readonly body: JsonObject | string;
  readonly uid?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

const mutating = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const largestBody = 3 * 1024 * 1024;

/** Serves one HTTP request from start to end. */
export async function serve(
  options: FrontOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readAll(incoming);
  if (body === undefined) {
    send(response, refused(new ApiRefusal(413, 'RequestEntityTooLarge', 'limit is 3145728', {})));
    return;
  }
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const request = requestOf(options, incoming, url, body);
  const route = isApiPath(url.pathname) ? routeOf(url.pathname) : undefined;
  if (request instanceof ApiRefusal) {
    send(response, refused(request));
    return;
  }
  if (request.method === 'GET' && isWatch(request.query) && route !== undefined) {
    serveWatch(options, route, request, response);
    return;
  }
  respond(options, route, request, response);
}

function respond(
  options: FrontOptions,
  route: Route | undefined,
  request: ApiRequest,
  response: ServerResponse,
): void {
  const described = describe(route, request);
  const disturbance = options.disturbances.take(described);
  const acted = disturbance?.when === 'before-acting' ? undefined : act(options.state, route, request);
  let outcome: Outcome | undefined = acted;
  if (disturbance !== undefined) {
    const { answer: disturbed } = disturbance;
    outcome =
      disturbed.kind === 'refusal'
        ? refused(refusalOf(disturbed.code, disturbed.retryAfterSeconds))
        : undefined;
    if (disturbed.kind === 'disconnect') response.destroy();
  }
  logWrite(options, described, request, acted, outcome);
  if (outcome !== undefined) send(response, outcome);
}

function logWrite(
  options: FrontOptions,
  described: DisturbableRequest,
  request: ApiRequest,
  acted: Outcome | undefined,
  outcome: Outcome | undefined,
): void {
  if (!mutating.has(request.method)) return;
  options.log.add({
    ...described,
    query: request.query.toString(),
    contentType: request.contentType,
    body: request.body,
    code: outcome?.code ?? 0,
    uid: acted?.uid,
    worldTime: options.state.clock.now(),
    wallTime: options.wallClock.now(),
  });
}

/** What the API makes of the request; never throws for what a client can send. */
function act(state: ClusterState, route: Route | undefined, request: ApiRequest): Outcome {
  try {
    if (route !== undefined) return answer(state, route, request);
    const other = answerOtherPath(request);
    if (other !== undefined) return other;
    return isApiPath(request.path) ? refused(noSuchPath()) : { code: 404, body: '404 page not found\n' };
  } catch (error) {
    if (error instanceof ApiRefusal) return refused(error);
    if (error instanceof URIError) return refused(methodNotAllowed());
    throw error;
  }
}

function describe(route: Route | undefined, request: ApiRequest): DisturbableRequest {
  return {
    verb: verbOf(request.method, route, request.query),
    method: request.method,
    path: request.path,
    resource: route?.resource.plural ?? '',
    subresource: route?.subresource,
    namespace: route?.namespace,
    name: route?.name,
    user: request.user,
    userAgent: request.userAgent,
  };
}

function requestOf(
  options: FrontOptions,
  incoming: IncomingMessage,
  url: URL,
  body: string,
): ApiRequest | ApiRefusal {
  const { authorization = '' } = incoming.headers;
  const token = authorization.replace(/^Bearer /i, '').trim();
  const user = options.users.get(token);
  if (user === undefined && token !== '') return unauthorized();
  if (user === undefined && !isPublic(url.pathname)) {
    const message = `forbidden: User "system:anonymous" cannot ${(incoming.method ?? 'get').toLowerCase()} path "${url.pathname}"`;
    return new ApiRefusal(403, 'Forbidden', message, {});
  }
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    contentType: (incoming.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
    body,
    userAgent: incoming.headers['user-agent'] ?? '',
    user: user ?? 'system:anonymous',
  };
}

function isPublic(path: string): boolean {
  return ['/version', '/livez', '/readyz', '/healthz'].includes(path);
}

function isApiPath(path: string): boolean {
  return path.startsWith('/api/') || path.startsWith('/apis/');
}

/** Undefined when it is larger than the server takes. */
async function readAll(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? undefined : Buffer.concat(chunks).toString('utf8');
}

function refused(refusal: ApiRefusal): Outcome {
  return { code: refusal.code, body: refusal.status, retryAfterSeconds: refusal.retryAfterSeconds };
}

export function send(response: ServerResponse, outcome: Outcome): void {
  const isText = typeof outcome.body === 'string';
  const text = typeof outcome.body === 'string' ? outcome.body : JSON.stringify(outcome.body);
  response.writeHead(outcome.code, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(outcome.retryAfterSeconds === undefined ? {} : { 'retry-after': String(outcome.retryAfterSeconds) }),
  });
  response.end(text);
}
