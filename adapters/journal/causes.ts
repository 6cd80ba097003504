import { commandCatalog, type Command, type CommandResult } from '../../domain/command.js';
import type { TimerRequest } from '../../domain/decision.js';
import type { Input, Signal } from '../../domain/signal.js';
import { isUuid } from '../../schemas/uuid.js';
import type { OutboxEntry, SignalCause } from '../ports/journal.js';

/**
 * How long after it was appended intake may append the same report once more, ms of the log's time: it does so only within
 * the request that brought it, which lasts minutes at most.
 */
export const appendedAgainWithinMs = 3_600_000;

/**
 * Whether only the request that brought this report may append it again: intake gives ids that begin with the time
 * (version 7). Ids made of what is said (version 5: the detector's) come again whenever it is said again.
 */
export function isSaidOnce({ kind, causeId }: Input): boolean {
  return kind === 'report' && hasTimedId(causeId);
}

/** Whether the id is a UUID of version 7. */
export function hasTimedId(causeId: string): boolean {
  return isUuid(causeId) && causeId[14] === '7';
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
