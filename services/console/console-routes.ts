import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { ArchiveUnreadable } from '../../adapters/ports/archive.js';
import { JournalUnavailable, type History } from '../../adapters/ports/journal.js';
import { LogUnavailable } from '../../adapters/ports/event-log.js';
import { changeRoutes } from './change-routes.js';
import { eventRoutes } from './events/event-routes.js';
import type { EventStreams } from './events/event-streams.js';
import { deadLetterRoutes } from './dead-letter-routes.js';
import { guardRoutes } from './guard-routes.js';
import { ConsoleRefusal, consoleProblems, problemOf, type Problem } from './forms/problem.js';
import { newOrder, orderHeaders, type NewOrder, type OrderHeaders } from './forms/processes.js';
import { giveOrder, type SendOrder } from './give-order.js';
import type { ChangeSource } from './handle-changes.js';
import { openApiDocument } from './open-api.js';
import { subjectOf, type Operator } from './operators.js';
import type { DeadLetterSource } from './read-dead-letters.js';
import type { GuardSource } from './read-guard.js';
import {
  describeNode,
  describeProcess,
  listFacts,
  listFaults,
  listNodes,
  listProcesses,
  replayNode,
  type Present,
} from './read-history.js';
import {
  factsQuery,
  nodeParameters,
  nodesQuery,
  processesQuery,
  processParameters,
  replayQuery,
  type FactsQuery,
  type NodeParameters,
  type NodesQuery,
  type ProcessesQuery,
  type ProcessParameters,
  type ReplayQuery,
} from './requests.js';
import { retryNode } from './retry-node.js';
import type { WebhookSource } from './webhook-orders.js';
import type { NodeLabels } from '../node-labels.js';
import { webhookRoutes } from './webhook-routes.js';

export interface ConsoleOptions {
  readonly labels: Pick<NodeLabels, 'selecting'>;
  readonly history: History;
  /** Of the journal. */
  readonly epoch: number;
  readonly sendOrder: SendOrder;
  readonly deadLetters: DeadLetterSource;
  readonly webhooks: WebhookSource;
  readonly guard: GuardSource;
  readonly changes: ChangeSource;
  readonly streams: EventStreams;
  /** Nobody: orders are taken from this machine only. */
  readonly operators: readonly Operator[];
  /** Told of errors that nobody foresaw; the client only hears that there was one. */
  readonly onError: (error: unknown) => void;
}

/** The answer for an error; unforeseen ones are told to `onError` and not to the client. */
function problemFor(error: unknown, onError: ConsoleOptions['onError']): Problem {
  if (error instanceof ConsoleRefusal) return problemOf(error.code, error.message, error.next);
  if (error instanceof JournalUnavailable || error instanceof LogUnavailable) {
    return problemOf('Unavailable', error.message, 'try again later; nothing was done');
  }
  if (error instanceof ArchiveUnreadable) {
    return problemOf('Unavailable', error.message, 'see docs/operations/archive.md');
  }
  if (error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500) {
    return problemOf('BadRequest', error.message, 'see /v1/openapi.json');
  }
  onError(error);
  return problemOf('Internal', 'the console failed', 'look at the log of the server');
}

async function sendProblem(reply: FastifyReply, problem: Problem): Promise<void> {
  await reply
    .code(consoleProblems[problem.code])
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}

/** Who gives an order by this request. @throws ConsoleRefusal Unauthorized, Forbidden */
function subjectGiving(
  operators: readonly Operator[],
  request: Pick<FastifyRequest, 'headers' | 'ip'>,
  claimed: string | undefined,
): string {
  return subjectOf(operators, {
    authorization: request.headers.authorization,
    address: request.ip,
    ...(claimed === undefined ? {} : { claimed }),
  });
}

function orderRoutes(fastify: FastifyInstance, { history, sendOrder, operators }: ConsoleOptions): void {
  fastify.post<{ Params: ProcessParameters; Body: NewOrder; Headers: OrderHeaders }>(
    '/v1/processes/:id/orders',
    { schema: { params: processParameters, body: newOrder, headers: orderHeaders } },
    async (request, reply) => {
      const subject = subjectGiving(operators, request, request.body.subject);
      const key = request.headers['idempotency-key'];
      const source = { history, sendOrder };
      const receipt = await giveOrder(source, request.params.id, request.body, { subject, key });
      return reply.code(receipt.dryRun ? 200 : 202).send(receipt);
    },
  );
  fastify.post<{ Params: NodeParameters; Body: NewOrder }>(
    '/v1/nodes/:cluster/:node/orders',
    { schema: { params: nodeParameters, body: newOrder } },
    async (request, reply) => {
      const subject = subjectGiving(operators, request, request.body.subject);
      const receipt = await retryNode({ history, sendOrder }, request.params, request.body, subject);
      return reply.code(receipt.dryRun ? 200 : 202).send(receipt);
    },
  );
}

function nodeRoutes(fastify: FastifyInstance, history: History, present: Present): void {
  fastify.get<{ Querystring: NodesQuery }>('/v1/nodes', { schema: { querystring: nodesQuery } }, (request) =>
    listNodes(history, request.query, present),
  );
  fastify.get<{ Querystring: NodesQuery }>('/v1/faults', { schema: { querystring: nodesQuery } }, (request) =>
    listFaults(history, request.query),
  );
  fastify.get<{ Params: NodeParameters }>(
    '/v1/nodes/:cluster/:node',
    { schema: { params: nodeParameters } },
    (request) => describeNode(history, request.params),
  );
  fastify.get<{ Params: NodeParameters; Querystring: FactsQuery }>(
    '/v1/nodes/:cluster/:node/history',
    { schema: { params: nodeParameters, querystring: factsQuery } },
    (request) => listFacts(history, request.params, request.query),
  );
  fastify.get<{ Params: NodeParameters; Querystring: ReplayQuery }>(
    '/v1/nodes/:cluster/:node/replay',
    { schema: { params: nodeParameters, querystring: replayQuery } },
    (request) => replayNode(history, request.params, request.query),
  );
}

function processRoutes(fastify: FastifyInstance, history: History): void {
  fastify.get<{ Querystring: ProcessesQuery }>(
    '/v1/processes',
    { schema: { querystring: processesQuery } },
    (request) => listProcesses(history, request.query),
  );
  fastify.get<{ Params: ProcessParameters }>(
    '/v1/processes/:id',
    { schema: { params: processParameters } },
    (request) => describeProcess(history, request.params.id),
  );
}

/**
 * The read API and orders, as a fastify plugin: `fastify.register(consoleRoutes, options)`. Reading changes nothing;
 * an order is only written to the event log, where it waits its turn like every other input.
 */
export function consoleRoutes(fastify: FastifyInstance, options: ConsoleOptions, done: () => void): void {
  // A query like ?limit=x is refused, but "5" and "true" become what they mean: a URL knows only text.
  fastify.setErrorHandler((error: unknown, _request: FastifyRequest, reply) =>
    sendProblem(reply, problemFor(error, options.onError)),
  );
  const present = { epoch: options.epoch, now: options.deadLetters.now };
  nodeRoutes(fastify, options.history, present);
  processRoutes(fastify, options.history);
  orderRoutes(fastify, options);
  const subject = (request: Pick<FastifyRequest, 'headers' | 'ip'>, claimed: string | undefined): string =>
    subjectGiving(options.operators, request, claimed);
  deadLetterRoutes(fastify, options.deadLetters, subject);
  webhookRoutes(fastify, options.webhooks, subject);
  guardRoutes(fastify, { source: options.guard, history: options.history }, subject);
  changeRoutes(fastify, options.changes, subject);
  eventRoutes(fastify, {
    streams: options.streams,
    history: options.history,
    eventLog: options.deadLetters.eventLog,
    labels: options.labels,
    present,
    onError: options.onError,
  });
  fastify.get('/v1/openapi.json', () => openApiDocument());
  done();
}
