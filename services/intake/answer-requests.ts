import { acceptReports, type Accepted, type AcceptParts } from './accept-reports.js';
import { createAppendQueue } from './append-queue.js';
import { createAuthorizer } from './authorize.js';
import type { IntakeOptions } from './options.js';
import { kindOf, problem, problemOf, RequestRefused, type Problem } from './problem.js';
import { readAlerts } from './read-alerts.js';
import { parseJson, readJson, readNdjson, type BodyItem } from './read-body.js';
import { createReportIds } from './report-ids.js';

const defaultMaximumWaiting = 50_000;
/** As many reports as one append takes: large enough for any rate, small enough for one produce request. */
const maximumBatch = 2_000;
export const ndjson = ['application/x-ndjson', 'application/ndjson'];
export const defaultBodyLimitBytes = 10 * 1024 * 1024;

/** What intake reads of a request, whatever server took it. */
export interface IntakeRequest {
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly 'content-type'?: string | undefined;
    readonly 'content-encoding'?: string | undefined;
  };
  readonly body: unknown;
}

/** `status` is 202 with what was accepted, else there is a problem. */
export type IntakeAnswer = ({ readonly status: 202 } & Accepted) | Problem;

/** How intake answers. Rejects with what `refusal` makes an answer of; then nothing is acknowledged. */
export interface IntakeRequests {
  reports(request: IntakeRequest): Promise<IntakeAnswer>;
  alerts(request: IntakeRequest): Promise<IntakeAnswer>;
  /** The answer to a request that could not be read or taken; counts it as refused. */
  refusal(error: unknown): Problem;
}

/** Reads, checks and stores what requests bring; knows no HTTP server. */
export function createIntakeRequests(options: IntakeOptions): IntakeRequests {
  const { eventLog, clock, randomness, metrics } = options;
  const limits = { bodyLimitBytes: options.bodyLimitBytes ?? defaultBodyLimitBytes };
  const parts: AcceptParts = {
    options,
    queue: createAppendQueue(eventLog, {
      maximumWaiting: options.maximumWaiting ?? defaultMaximumWaiting,
      maximumBatch,
    }),
    nextId: createReportIds(clock, randomness),
  };
  metrics?.appendQueue(() => parts.queue.waiting());
  const authorize = createAuthorizer(options.tokens);
  const refusal = (error: unknown): Problem => {
    const found = problemOf(error, limits);
    metrics?.requestRefused(kindOf(found));
    return found;
  };
  const answer = async (
    request: IntakeRequest,
    read: (body: Buffer) => readonly BodyItem[],
  ): Promise<IntakeAnswer> => {
    const mayReport = authorize(request.headers.authorization);
    return answerOf(await acceptReports(read(bodyOf(request)), mayReport, parts));
  };
  return {
    reports: (request) => answer(request, isNdjson(request) ? readNdjson : readJson),
    alerts: (request) => answer(request, (body) => readAlerts(parseJson(body), options)),
    refusal,
  };
}

function isNdjson({ headers }: IntakeRequest): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  return ndjson.some((name) => name === type);
}

function bodyOf({ headers, body }: IntakeRequest): Buffer {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const detail = `content-encoding ${encoding.slice(0, 32)} is not taken: send the body as it is`;
    throw new RequestRefused(problem(415, 'content-encoding', 'Unsupported content encoding', detail));
  }
  if (Buffer.isBuffer(body) && body.length > 0) return body;
  throw new RequestRefused(problem(400, 'unreadable', 'Unreadable', 'the body is empty'));
}

function answerOf({ accepted, rejected }: Accepted): IntakeAnswer {
  if (accepted.length > 0) return { status: 202, accepted, rejected };
  const [first] = rejected;
  if (first === undefined) {
    throw new RequestRefused(problem(400, 'no-reports', 'No reports', 'the request holds no report'));
  }
  const forbidden = rejected.every((rejection) => rejection.forbidden === true);
  const found = forbidden
    ? problem(403, 'forbidden', 'Forbidden', 'this token may not report about these nodes')
    : problem(400, 'all-rejected', 'Nothing accepted', `${first.path}: ${first.reason}`);
  return { ...found, rejected };
}
