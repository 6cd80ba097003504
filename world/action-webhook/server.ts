import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';
import type { WorldRandom } from '../random.js';
import { ActionRunner, type StartedAction } from './action-runner.js';
import { BadRequestBody, readActionRequest, readTicketRequest } from './requests.js';
import { type Ticket, TicketDesk } from './ticket-desk.js';

/** One request as it came; the demo counts effects from these. */
export interface WebhookRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  /** World's clock, ms. */
  readonly at: number;
}

export interface ActionWebhookOptions {
  readonly clock: WorldClock;
  readonly random: WorldRandom;
  /** The machine of that node, or undefined. `cluster` is undefined if the caller did not name it. */
  readonly machineOf: (node: string, cluster: string | undefined) => Machine | undefined;
  /** A free one, if not given. */
  readonly port?: number;
  readonly onRequest?: (request: WebhookRequest) => void;
  /** Hears when a technician has finished: a ticket system that tells need not be asked. */
  readonly onRepaired?: (ticket: Ticket) => void;
}

export interface ActionWebhook {
  /** `http://127.0.0.1:PORT`. */
  readonly baseUrl: string;
  readonly requests: readonly WebhookRequest[];
  /** As they stand now. */
  tickets(): readonly Ticket[];
  actions(): readonly StartedAction[];
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * The ticket system and the runner of actions on machines that a site would have. `POST /tickets` and
 * `POST /actions` are idempotent by their keys; 400 names the bad field, 404 the unknown node.
 */
export async function startActionWebhook(options: ActionWebhookOptions): Promise<ActionWebhook> {
  const desk = new TicketDesk(options.clock, options.onRepaired);
  const runner = new ActionRunner(options.clock, options.random);
  const requests: WebhookRequest[] = [];
  const app = fastify({ forceCloseConnections: true });
  const send = (request: FastifyRequest, reply: FastifyReply, { status, body }: Answer): FastifyReply => {
    const { method, url: path } = request;
    const logged: WebhookRequest = { method, path, body: request.body, status, at: options.clock.now() };
    requests.push(logged);
    options.onRequest?.(logged);
    return reply.code(status).send(body);
  };
  app.setNotFoundHandler((request, reply) => send(request, reply, notFound(`no such path: ${request.url}`)));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error instanceof BadRequestBody ? 400 : (error.statusCode ?? 500);
    return send(request, reply, { status, body: { error: error.message } });
  });
  addTickets(app, { desk, send, machineOf: options.machineOf });
  addActions(app, { runner, send, machineOf: options.machineOf });
  const baseUrl = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    baseUrl,
    requests,
    tickets: () => desk.tickets,
    actions: () => runner.actions,
    stop: () => app.close(),
  };
}

interface Routing {
  readonly send: (request: FastifyRequest, reply: FastifyReply, answer: Answer) => FastifyReply;
  readonly machineOf: ActionWebhookOptions['machineOf'];
}

function addTickets(app: FastifyInstance, { desk, send, machineOf }: Routing & { desk: TicketDesk }): void {
  app.post('/tickets', (request, reply) => {
    const wanted = readTicketRequest(request.body);
    const machine = machineOf(wanted.node, wanted.cluster);
    if (machine === undefined) return send(request, reply, notFound(`no such node: ${wanted.node}`));
    const { idempotencyKey, summary, faultTypes } = wanted;
    const { ticket, isNew } = desk.open(machine, { idempotencyKey, summary, faultTypes });
    return send(request, reply, { status: isNew ? 201 : 200, body: { ticket: ticket.ticket } });
  });
  app.get<{ Params: { ticket: string } }>('/tickets/:ticket', (request, reply) => {
    const ticket = desk.find(request.params.ticket);
    if (ticket === undefined) return send(request, reply, notFound('no such ticket'));
    const status = ticket.repairedAt === undefined ? 'open' : 'repaired';
    return send(request, reply, { status: 200, body: { ticket: ticket.ticket, status } });
  });
}

function addActions(
  app: FastifyInstance,
  { runner, send, machineOf }: Routing & { runner: ActionRunner },
): void {
  app.post('/actions', (request, reply) => {
    const { commandId, node, cluster, requested } = readActionRequest(request.body);
    const machine = machineOf(node, cluster);
    if (machine === undefined) return send(request, reply, notFound(`no such node: ${node}`));
    runner.start(commandId, machine, requested);
    return send(request, reply, { status: 202, body: { commandId } });
  });
  app.get<{ Params: { commandId: string } }>('/actions/:commandId', (request, reply) => {
    const status = runner.status(request.params.commandId) ?? 'unknown';
    return send(request, reply, { status: 200, body: { commandId: request.params.commandId, status } });
  });
}

function notFound(error: string): Answer {
  return { status: 404, body: { error } };
}
