import type { FastifyInstance, FastifyReply } from 'fastify';
import { createIntakeRequests, defaultBodyLimitBytes, ndjson, type IntakeAnswer } from './answer-requests.js';
import { discardRest } from './discard-rest.js';
import type { IntakeOptions } from './options.js';
import { sendProblem } from './problem.js';

/**
 * The intake of reports as a plugin: `POST /v1/reports` and `POST /v1/alertmanager`. It brings its own body parsing
 * and error answers, and leaves those of other routes on the same listener alone.
 */
export function intakeRoutes(server: FastifyInstance, options: IntakeOptions): Promise<void> {
  const bodyLimit = options.bodyLimitBytes ?? defaultBodyLimitBytes;
  const requests = createIntakeRequests(options);

  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/json', ...ndjson],
    { parseAs: 'buffer', bodyLimit },
    (_request, body, done) => {
      done(null, body);
    },
  );
  server.setErrorHandler(async (error, request, reply) => {
    const found = requests.refusal(error);
    if (found.status === 500) request.log.error({ err: error }, 'intake failed');
    await discardRest(request.raw);
    await sendProblem(reply, found);
  });
  server.post('/v1/reports', { bodyLimit }, async (request, reply) => {
    await send(reply, await requests.reports(request));
  });
  server.post('/v1/alertmanager', { bodyLimit }, async (request, reply) => {
    await send(reply, await requests.alerts(request));
  });
  return Promise.resolve();
}

async function send(reply: FastifyReply, answer: IntakeAnswer): Promise<void> {
  if (!('accepted' in answer)) return sendProblem(reply, answer);
  const { accepted, rejected } = answer;
  await reply.code(202).send({ accepted, rejected });
}
