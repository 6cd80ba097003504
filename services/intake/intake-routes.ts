import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptReports, type Accepted, type AcceptParts } from './accept-reports.js';
import { createAppendQueue } from './append-queue.js';
import { createAuthorizer, type MayReport } from './authorize.js';
import type { IntakeOptions } from './options.js';
import { kindOf, problem, problemOf, RequestRefused, sendProblem } from './problem.js';
import { readAlerts } from './read-alerts.js';
import { parseJson, readJson, readNdjson, type BodyItem } from './read-body.js';
import { createReportIds } from './report-ids.js';

const defaultBodyLimitBytes = 10 * 1024 * 1024;
const defaultMaximumWaiting = 50_000;
/** As many reports as one append takes: large enough for any rate, small enough for one produce request. */
const maximumBatch = 2_000;
const ndjson = ['application/x-ndjson', 'application/ndjson'];

/**
 * The intake of reports as a plugin: `POST /v1/reports` and `POST /v1/alertmanager`. It brings its own body parsing
 * and error answers, and leaves those of other routes on the same listener alone.
 */
export function intakeRoutes(server: FastifyInstance, options: IntakeOptions): Promise<void> {
  const bodyLimitBytes = options.bodyLimitBytes ?? defaultBodyLimitBytes;
  const maximumWaiting = options.maximumWaiting ?? defaultMaximumWaiting;
  const parts: AcceptParts = {
    options,
    queue: createAppendQueue(options.eventLog, { maximumWaiting, maximumBatch }),
    nextId: createReportIds(options.clock, options.randomness),
  };
  options.metrics?.appendQueue(() => parts.queue.waiting());
  const authorize = createAuthorizer(options.tokens);

  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/json', ...ndjson],
    { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
    (_request, body, done) => {
      done(null, body);
    },
  );
  server.setErrorHandler(async (error, request, reply) => {
    const found = problemOf(error, { bodyLimitBytes });
    if (found.status === 500) request.log.error({ err: error }, 'intake failed');
    options.metrics?.requestRefused(kindOf(found));
    await sendProblem(reply, found);
  });

  const answerWith = async (reply: FastifyReply, items: readonly BodyItem[], mayReport: MayReport) => {
    await answer(reply, await acceptReports(items, mayReport, parts));
  };
  server.post('/v1/reports', { bodyLimit: bodyLimitBytes }, async (request, reply) => {
    const mayReport = authorize(request.headers.authorization);
    const body = bodyOf(request);
    await answerWith(reply, isNdjson(request) ? readNdjson(body) : readJson(body), mayReport);
  });
  server.post('/v1/alertmanager', { bodyLimit: bodyLimitBytes }, async (request, reply) => {
    const mayReport = authorize(request.headers.authorization);
    await answerWith(reply, readAlerts(parseJson(bodyOf(request)), options), mayReport);
  });
  return Promise.resolve();
}

function isNdjson(request: FastifyRequest): boolean {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  return ndjson.some((name) => name === type);
}

function bodyOf(request: FastifyRequest): Buffer {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const detail = `content-encoding ${encoding.slice(0, 32)} is not taken: send the body as it is`;
    throw new RequestRefused(problem(415, 'content-encoding', 'Unsupported content encoding', detail));
  }
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body;
  throw new RequestRefused(problem(400, 'unreadable', 'Unreadable', 'the body is empty'));
}

async function answer(reply: FastifyReply, { accepted, rejected }: Accepted): Promise<void> {
  if (accepted.length > 0) {
    await reply.code(202).send({ accepted, rejected });
    return;
  }
  const [first] = rejected;
  if (first === undefined) {
    throw new RequestRefused(problem(400, 'no-reports', 'No reports', 'the request holds no report'));
  }
  const forbidden = rejected.every((rejection) => rejection.forbidden === true);
  const found = forbidden
    ? problem(403, 'forbidden', 'Forbidden', 'this token may not report about these nodes')
    : problem(400, 'all-rejected', 'Nothing accepted', `${first.path}: ${first.reason}`);
  await sendProblem(reply, { ...found, rejected });
}
