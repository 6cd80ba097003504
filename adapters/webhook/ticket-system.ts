import { parseNodeKey } from '../../domain/identifiers.js';
import type { TicketSystem } from '../ports/work-orders.js';
import { HttpExchange, textOf, type WebhookOptions } from './http-exchange.js';

export type WebhookTicketSystem = TicketSystem & { close(): Promise<void> };

/** Tickets by webhook: `POST /tickets`, `GET /tickets/{ticket}`. The idempotency key keeps a second ticket from being opened. */
export function createWebhookTicketSystem(options: WebhookOptions): WebhookTicketSystem {
  const http = new HttpExchange(options);
  return {
    open({ idempotencyKey, node, summary, faultTypes }) {
      const names = parseNodeKey(node);
      const body = { idempotencyKey, cluster: names?.cluster, node: names?.node, summary, faultTypes };
      return http.send('POST', '/tickets', body, (answer) => {
        const ticket = textOf(answer, 'ticket');
        return ticket === undefined ? undefined : { ticket };
      });
    },
    status: (ticket) =>
      http.send('GET', `/tickets/${encodeURIComponent(ticket)}`, undefined, (answer) => {
        const status = textOf(answer, 'status');
        return status === 'open' || status === 'repaired' ? status : undefined;
      }),
    close: () => http.close(),
  };
}
