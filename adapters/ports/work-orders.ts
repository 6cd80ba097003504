import type { CommandId, NodeKey } from '../../domain/identifiers.js';

/** `refused`: the partner said no, and surely did nothing. `unreachable`: it heard nothing. `uncertain`: it may have acted. */
export type WorkAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'uncertain'; readonly reason: string };

/** Tickets for people who repair machines. Idempotent by the command's id. */
export interface TicketSystem {
  open(ticket: {
    readonly idempotencyKey: CommandId;
    readonly node: NodeKey;
    readonly summary: string;
    readonly faultTypes: readonly string[];
  }): Promise<WorkAnswer<{ readonly ticket: string }>>;
  status(ticket: string): Promise<WorkAnswer<'open' | 'repaired'>>;
}

export type MachineAction =
  | { readonly action: 'restart-component'; readonly component: 'kubelet' | 'container-runtime' }
  | { readonly action: 'reimage'; readonly image: string };

/** Whoever can act on the machine itself (provisioner, node agent): told once, then only asked how it went. */
export interface MachineActions {
  start(commandId: CommandId, node: NodeKey, action: MachineAction): Promise<WorkAnswer<true>>;
  status(commandId: CommandId): Promise<WorkAnswer<'running' | 'done' | 'failed' | 'unknown'>>;
}
