import type { KubernetesAnswer } from '../ports/kubernetes.js';

/** What is being asked: the same status means different things for different verbs. */
export type Verb = 'get' | 'list' | 'create' | 'patch' | 'delete' | 'evict';

/** A response as it came; `body` is decoded JSON, or undefined when there was none. */
export interface ApiResponse {
  readonly status: number;
  readonly body: unknown;
  /** Header Retry-After, in seconds. */
  readonly retryAfter: string | undefined;
}

type Refusal = Exclude<KubernetesAnswer<never>, { readonly kind: 'ok' }>;

const defaultRetryAfterMs = 1_000;
const longestRetryAfterMs = 60_000;

/**
 * What a status means per verb, for every status but 2xx. 409 on create is "exists already"; 409 on evict or delete
 * is another UID under the name, or another version of the pod. 422 and 400 are one kind: real servers answer either for a failed `test`.
 */
export function refusalOf(verb: Verb, response: ApiResponse): Refusal {
  const { status } = response;
  const message = messageOf(response);
  if (status === 404) return { kind: 'notFound' };
  // An expired continue token or resource version: what was read before is of no use.
  if (status === 409 || status === 410 || status === 412) return { kind: 'conflict', message };
  if (status === 429) return tooMany(response, message);
  if (status === 503) return { kind: 'throttled', retryAfterMs: retryAfterMs(response) };
  if (status === 401 || status === 403) return { kind: 'forbidden', message };
  if (status === 500 && verb === 'evict') return misconfiguredOrUncertain(message);
  if (status >= 400 && status < 500) return { kind: 'unprocessable', message };
  return { kind: 'uncertain', message };
}

function tooMany(response: ApiResponse, message: string): Refusal {
  return causesOf(response.body).includes('DisruptionBudget')
    ? { kind: 'disruptionBudget', message, retryAfterMs: retryAfterMs(response) }
    : { kind: 'throttled', retryAfterMs: retryAfterMs(response) };
}

/** The eviction subresource answers 500 when a pod is covered by several budgets: waiting does not help. */
function misconfiguredOrUncertain(message: string): Refusal {
  return /more than one PodDisruptionBudget/i.test(message)
    ? { kind: 'misconfigured', message }
    : { kind: 'uncertain', message };
}

function retryAfterMs(response: ApiResponse): number {
  const seconds = Number(response.retryAfter);
  if (response.retryAfter === undefined || !Number.isFinite(seconds) || seconds < 0)
    return defaultRetryAfterMs;
  return Math.min(Math.max(seconds * 1_000, defaultRetryAfterMs), longestRetryAfterMs);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf({ status, body }: ApiResponse): string {
  const said = isRecord(body) ? body['message'] : body;
  return typeof said === 'string' && said !== '' ? `${status}: ${said.slice(0, 500)}` : `status ${status}`;
}

function causesOf(body: unknown): readonly unknown[] {
  if (!isRecord(body) || !isRecord(body['details'])) return [];
  const { causes } = body['details'];
  return Array.isArray(causes)
    ? causes.map((cause: unknown) => (isRecord(cause) ? cause['reason'] : undefined))
    : [];
}

/** Failures before anything was sent: the server surely did nothing. */
const nothingSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What a failed exchange means. Only what failed before a byte was sent is `unreachable`. */
export function failureOf(error: unknown): Refusal {
  const code = codeOf(error);
  const message = error instanceof Error ? `${code ?? error.name}: ${error.message}` : String(error);
  const certificate =
    code !== undefined && /^(ERR_TLS_|CERT_|DEPTH_ZERO_|UNABLE_TO_|SELF_SIGNED_)/.test(code);
  return code !== undefined && (certificate || nothingSent.has(code))
    ? { kind: 'unreachable', message }
    : { kind: 'uncertain', message };
}

/** Error code of the error, its cause, or the first of an aggregate's. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
