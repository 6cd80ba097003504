import type { FastifyInstance, FastifyRequest } from 'fastify';

import { webhookOrders, type WebhookOrders } from './forms/webhooks.js';
import { webhookParameters, type WebhookParameters } from './requests.js';
import { describeWebhook, listWebhooks, orderWebhook, type WebhookSource } from './webhook-orders.js';

/** Subscribers by webhook: looked at by everybody who may look, decided about by operators. */
export function webhookRoutes(
  fastify: FastifyInstance,
  source: WebhookSource,
  /** Who asks; refuses who may not. */
  subjectOf: (request: Pick<FastifyRequest, 'headers' | 'ip'>, claimed: string | undefined) => string,
): void {
  fastify.get('/v1/webhooks', () => listWebhooks(source));
  fastify.get<{ Params: WebhookParameters }>(
    '/v1/webhooks/:name',
    { schema: { params: webhookParameters } },
    ({ params: { name } }) => describeWebhook(source, name),
  );
  const given = <Order extends { readonly subject?: string }>(request: {
    readonly params: WebhookParameters;
    readonly body: Order;
    readonly headers: FastifyRequest['headers'];
    readonly ip: string;
  }) => ({
    name: request.params.name,
    order: request.body,
    subject: subjectOf(request, request.body.subject),
  });
  fastify.post<{ Params: WebhookParameters; Body: WebhookOrders['pause'] }>(
    '/v1/webhooks/:name/pause',
    { schema: { params: webhookParameters, body: webhookOrders.pause } },
    (request) => orderWebhook(source, 'pause', given(request)),
  );
  fastify.post<{ Params: WebhookParameters; Body: WebhookOrders['resume'] }>(
    '/v1/webhooks/:name/resume',
    { schema: { params: webhookParameters, body: webhookOrders.resume } },
    (request) => orderWebhook(source, 'resume', given(request)),
  );
  fastify.post<{ Params: WebhookParameters; Body: WebhookOrders['replay'] }>(
    '/v1/webhooks/:name/replay',
    { schema: { params: webhookParameters, body: webhookOrders.replay } },
    (request) => orderWebhook(source, 'replay', given(request)),
  );
  fastify.post<{ Params: WebhookParameters; Body: WebhookOrders['retry'] }>(
    '/v1/webhooks/:name/retry',
    { schema: { params: webhookParameters, body: webhookOrders.retry } },
    (request) => orderWebhook(source, 'retry', given(request)),
  );
  fastify.post<{ Params: WebhookParameters; Body: WebhookOrders['drop'] }>(
    '/v1/webhooks/:name/drop',
    { schema: { params: webhookParameters, body: webhookOrders.drop } },
    (request) => orderWebhook(source, 'drop', given(request)),
  );
}
