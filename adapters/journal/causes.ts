import { commandCatalog, type Command, type CommandResult } from '../../domain/command.js';
import type { TimerRequest } from '../../domain/decision.js';
import type { Signal } from '../../domain/signal.js';
import type { OutboxEntry } from '../ports/journal.js';

/** Who a signal comes from; the same thing happening again gives the same id, another thing another one. */
export interface SignalCause {
  readonly id: string;
  readonly at: number;
}

export function revokedResult(command: Command): CommandResult {
  return {
    commandId: command.id,
    commandType: command.type,
    processId: command.processId,
    stageEntry: command.stageEntry,
    status: 'revoked',
    detail: {},
  };
}

export function resultSignal(result: CommandResult): Signal {
  return { kind: 'CommandResult', result };
}

export function firedSignal(timer: TimerRequest): Signal {
  return {
    kind: 'TimerFired',
    processId: timer.processId,
    stageEntry: timer.stageEntry,
    timer: timer.name,
  };
}

/** The due time is part of it: a timer that is set again under its name fires as something new. */
export function firedCause(timer: TimerRequest, now: number): SignalCause {
  return { id: `${timer.processId}.${timer.stageEntry}.${timer.name}@${timer.dueAt}`, at: now };
}

export function sentCause(entry: OutboxEntry, now: number): SignalCause {
  return { id: entry.headers['ce_id'] ?? `outbox-${entry.position}`, at: now };
}

/** Whether the node is back with its users: then the permits that lasted until then are free. */
export function returnsNode({ commandType, status }: CommandResult): boolean {
  return status === 'done' && ['giveBack', 'reclaimNode', 'handOver'].includes(commandType);
}

/**
 * Whether a waiting command can be taken back. One that writes and was attempted may have had its effect, so it goes
 * on until somebody knows: its result answers the revocation.
 */
export function isRevocable(type: Command['type'], attempts: number): boolean {
  return attempts === 0 || !commandCatalog[type].writes;
}
