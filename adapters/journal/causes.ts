import { commandCatalog, type Command, type CommandResult } from '../../domain/command.js';
import type { TimerRequest } from '../../domain/decision.js';
import type { Signal } from '../../domain/signal.js';
import type { OutboxEntry, SignalCause } from '../ports/journal.js';

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

/** A result follows from the event that told of the command; a command has one result. */
export function resultCause(
  { id, issuedBy }: { readonly id: Command['id']; readonly issuedBy?: string | undefined },
  at: number,
): SignalCause {
  return { id, at, ...(issuedBy === undefined ? {} : { causedBy: issuedBy }) };
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
  const { processId, stageEntry, name, dueAt, issuedBy } = timer;
  return {
    id: `${processId}.${stageEntry}.${name}@${dueAt}`,
    at: now,
    ...(issuedBy === undefined ? {} : { causedBy: issuedBy }),
  };
}

/** That an entry was sent follows from the entry. */
export function sentCause({ headers, position }: OutboxEntry, now: number): SignalCause {
  const { ce_id: id } = headers;
  return id === undefined ? { id: `outbox-${position}`, at: now } : { id, at: now, causedBy: id };
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
