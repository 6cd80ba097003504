import type { FastifyInstance, FastifyRequest } from 'fastify';

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
  type ChangeSource,
} from './handle-changes.js';
import { changeParameters, changesQuery, type ChangeParameters, type ChangesQuery } from './requests.js';
import { strictBodies } from './strict-bodies.js';

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
  fastify.post<{ Body: NewChange; Headers: ChangeHeaders }>(
    '/v1/changes',
    { schema: { body: newChange, headers: changeHeaders }, ...strictBodies },
    (request) =>
      askForChange(source, request.body, {
        key: request.headers['idempotency-key'],
        subject: subjectOf(request, request.body.subject),
      }),
  );
  fastify.post<{ Params: ChangeParameters; Body: Heartbeat }>(
    '/v1/changes/:id/heartbeat',
    { schema: { params: changeParameters, body: heartbeat }, ...strictBodies },
    (request) => keepChange(source, request.params.id, subjectOf(request, request.body.subject)),
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
