import type { MachineActions } from '../ports/work-orders.js';
import { parseNodeKey } from '../../domain/identifiers.js';
import { HttpExchange, textOf, type WebhookOptions } from './http-exchange.js';

export type WebhookMachineActions = MachineActions & { close(): Promise<void> };

/** Actions on machines by webhook: `POST /actions`, `GET /actions/{commandId}`. Idempotent by the command's id. */
export function createWebhookMachineActions(options: WebhookOptions): WebhookMachineActions {
  const http = new HttpExchange(options);
  return {
    start(commandId, node, action) {
      const names = parseNodeKey(node);
      const body = { commandId, cluster: names?.cluster, node: names?.node, ...action };
      // Whatever it says beside its status is of no use: how it goes is asked for.
      return http.send('POST', '/actions', body, () => true as const);
    },
    status: (commandId) =>
      http.send('GET', `/actions/${encodeURIComponent(commandId)}`, undefined, (answer) => {
        const status = textOf(answer, 'status');
        return status === 'running' || status === 'done' || status === 'failed' || status === 'unknown'
          ? status
          : undefined;
      }),
    close: () => http.close(),
  };
}
