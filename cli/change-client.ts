import type { OutcomeOfChange } from '../domain/change.js';
import type { ChangeDescription, NewChange } from '../services/console/forms/changes.js';
import type { ServerClient } from './server-client.js';

/** Changes of a running Faultline, as a client sees its own. Every failure is a CommandFailed. */
export interface ChangeClient {
  /** Idempotent by the key. */
  ask(order: NewChange, key: string): Promise<ChangeDescription>;
  /** A sign of life. One that waits is answered when there is leave, and at the latest after `waitMs`. */
  keep(id: string, waitMs?: number): Promise<ChangeDescription>;
  end(
    id: string,
    how: { readonly outcome: OutcomeOfChange; readonly message?: string },
  ): Promise<ChangeDescription>;
}

/** @param who the subject, where no operators are configured */
export function changeClient(server: ServerClient, who: { readonly subject?: string }): ChangeClient {
  const post = (
    path: string,
    body: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ChangeDescription> =>
    server.order<ChangeDescription>(path, JSON.stringify({ ...body, ...who }), 'Change', headers);
  const pathOf = (id: string): string => `/v1/changes/${encodeURIComponent(id)}`;
  return {
    ask: (order, key) => post('/v1/changes', order, { 'idempotency-key': key }),
    keep: (id, waitMs = 0) => post(`${pathOf(id)}/heartbeat?wait=${Math.ceil(waitMs)}ms`, {}),
    end: (id, how) => post(`${pathOf(id)}/done`, how),
  };
}
