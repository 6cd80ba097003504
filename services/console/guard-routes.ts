import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { History } from '../../adapters/ports/journal.js';
import { newFreeze, pauseVerdicts, verdictVerbs, type NewFreeze, type PauseVerdict } from './forms/guard.js';
import { decidePause } from './decide-pause.js';
import { describeGuardNode } from './describe-guard-node.js';
import { freeze } from './freeze.js';
import { describeGuard, listPauses, listPolicies, listVerdicts, type GuardSource } from './read-guard.js';
import {
  nodeParameters,
  pauseParameters,
  pausesQuery,
  verdictsQuery,
  type NodeParameters,
  type PauseParameters,
  type PausesQuery,
  type VerdictsQuery,
} from './requests.js';
import { strictBodies } from './strict-bodies.js';

/** The change guard: looked at by everybody who may look, decided about by operators. */
export function guardRoutes(
  fastify: FastifyInstance,
  { source, history }: { readonly source: GuardSource; readonly history: History },
  /** Who asks; refuses who may not. */
  subjectOf: (request: Pick<FastifyRequest, 'headers' | 'ip'>, claimed: string | undefined) => string,
): void {
  fastify.get('/v1/guard', () => describeGuard(source));
  fastify.get<{ Querystring: PausesQuery }>(
    '/v1/guard/pauses',
    { schema: { querystring: pausesQuery } },
    ({ query }) => listPauses(source, query),
  );
  fastify.get<{ Querystring: VerdictsQuery }>(
    '/v1/guard/verdicts',
    { schema: { querystring: verdictsQuery } },
    ({ query }) => listVerdicts(source, query),
  );
  fastify.get<{ Querystring: PausesQuery }>(
    '/v1/guard/policies',
    { schema: { querystring: pausesQuery } },
    ({ query }) => listPolicies(source, query),
  );
  fastify.get<{ Params: NodeParameters }>(
    '/v1/guard/nodes/:cluster/:node',
    { schema: { params: nodeParameters } },
    ({ params }) => describeGuardNode(source, history, params),
  );
  fastify.post<{ Body: NewFreeze }>(
    '/v1/guard/freezes',
    { schema: { body: newFreeze }, ...strictBodies },
    (request) => freeze(source, request.body, subjectOf(request, request.body.subject)),
  );
  for (const verb of verdictVerbs) {
    fastify.post<{ Params: PauseParameters; Body: PauseVerdict }>(
      `/v1/guard/pauses/:id/${verb}`,
      { schema: { params: pauseParameters, body: pauseVerdicts[verb] }, ...strictBodies },
      (request) =>
        decidePause(source, verb, {
          id: request.params.id,
          order: request.body,
          subject: subjectOf(request, request.body.subject),
        }),
    );
  }
}
