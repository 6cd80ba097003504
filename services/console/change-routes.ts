import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Patience } from './await-leave.js';
import {
  changeHeaders,
  changeOutcome,
  heartbeat,
  newChange,
  type ChangeHeaders,
  type ChangeOutcome,
  type Heartbeat,
  type NewChange,
} from './forms/changes.js';
import {
  askForChange,
  describeChange,
  endChange,
  keepChange,
  listChanges,
  waitMsIn,
  type ChangeSource,
} from './handle-changes.js';
import {
  changeParameters,
  changesQuery,
  waitQuery,
  type ChangeParameters,
  type ChangesQuery,
  type WaitQuery,
} from './requests.js';
import { strictBodies } from './strict-bodies.js';

/** @throws ConsoleRefusal BadRequest */
function patienceOf(query: WaitQuery, reply: FastifyReply): Patience {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return { waitMs: waitMsIn(query), gone: gone.signal };
}

/** Changes of others: asked for by operators, looked at by everybody who may look. */
export function changeRoutes(
  fastify: FastifyInstance,
  source: ChangeSource,
  /** Who asks; refuses who may not. */
  subjectOf: (request: Pick<FastifyRequest, 'headers' | 'ip'>, claimed: string | undefined) => string,
): void {
  fastify.get<{ Querystring: ChangesQuery }>(
    '/v1/changes',
    { schema: { querystring: changesQuery } },
    ({ query }) => listChanges(source, query),
  );
  fastify.get<{ Params: ChangeParameters }>(
    '/v1/changes/:id',
    { schema: { params: changeParameters } },
    ({ params }) => describeChange(source, params.id),
  );
  fastify.post<{ Body: NewChange; Headers: ChangeHeaders; Querystring: WaitQuery }>(
    '/v1/changes',
    { schema: { body: newChange, headers: changeHeaders, querystring: waitQuery }, ...strictBodies },
    (request, reply) =>
      askForChange(source, request.body, {
        key: request.headers['idempotency-key'],
        subject: subjectOf(request, request.body.subject),
        patience: patienceOf(request.query, reply),
      }),
  );
  fastify.post<{ Params: ChangeParameters; Body: Heartbeat; Querystring: WaitQuery }>(
    '/v1/changes/:id/heartbeat',
    { schema: { params: changeParameters, body: heartbeat, querystring: waitQuery }, ...strictBodies },
    (request, reply) =>
      keepChange(source, request.params.id, {
        subject: subjectOf(request, request.body.subject),
        patience: patienceOf(request.query, reply),
      }),
  );
  fastify.post<{ Params: ChangeParameters; Body: ChangeOutcome }>(
    '/v1/changes/:id/done',
    { schema: { params: changeParameters, body: changeOutcome }, ...strictBodies },
    (request) =>
      endChange(source, request.params.id, {
        ...request.body,
        subject: subjectOf(request, request.body.subject),
      }),
  );
}
