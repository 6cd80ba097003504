import type { FastifyInstance, FastifyRequest } from 'fastify';

import { deadLetterOrder, type DeadLetterOrder } from './forms/dead-letters.js';
import { handleDeadLetters } from './handle-dead-letters.js';
import { describeDeadLetter, listDeadLetters, type DeadLetterSource } from './read-dead-letters.js';
import {
  deadLetterParameters,
  deadLettersQuery,
  type DeadLetterParameters,
  type DeadLettersQuery,
} from './requests.js';

/** Dead letters: looked at by everybody who may look, decided about by operators. */
export function deadLetterRoutes(
  fastify: FastifyInstance,
  source: DeadLetterSource,
  /** Who asks; refuses who may not. */
  subjectOf: (request: FastifyRequest, claimed: string | undefined) => string,
): void {
  fastify.get<{ Querystring: DeadLettersQuery }>(
    '/v1/dead-letters',
    { schema: { querystring: deadLettersQuery } },
    (request) => listDeadLetters(source, request.query),
  );
  fastify.get<{ Params: DeadLetterParameters }>(
    '/v1/dead-letters/:topic/:partition/:offset',
    { schema: { params: deadLetterParameters } },
    ({ params: { topic, partition, offset } }) =>
      describeDeadLetter(source, `${topic}/${partition}/${offset}`),
  );
  for (const [verb, handling] of [
    ['retry', 'retried'],
    ['drop', 'dropped'],
  ] as const) {
    fastify.post<{ Body: DeadLetterOrder }>(
      `/v1/dead-letters/${verb}`,
      { schema: { body: deadLetterOrder } },
      (request) =>
        handleDeadLetters(source, handling, request.body, subjectOf(request, request.body.subject)),
    );
  }
}
