import { commandTypes, type CommandResult, type CommandType } from '../../domain/command.js';
import type { CommandId, ProcessId } from '../../domain/identifiers.js';
import { symbolTable } from '../symbol-table.js';
import { EventUndecodable } from '../undecodable.js';
import { withoutNulls } from '../without-nulls.js';
import {
  observationToPayload,
  payloadToObservation,
  type NodeObservationPayload,
} from './node-observation.js';
import { payloadToPod, podToPayload, type PodReferencePayload } from './pod-reference.js';

/** UNSEEN and not UNKNOWN: that symbol is what a reader gets for anything it doesn't know. */
const statuses = symbolTable([
  ['done', 'DONE'],
  ['failed', 'FAILED'],
  ['unknown', 'UNSEEN'],
  ['unneeded', 'UNNEEDED'],
  ['withheld', 'WITHHELD'],
  ['revoked', 'REVOKED'],
]);

export interface CommandResultPayload {
  readonly commandId: string;
  readonly commandType: string;
  readonly processId: string;
  readonly stageEntry: number;
  readonly status: 'UNKNOWN' | 'DONE' | 'FAILED' | 'UNSEEN' | 'UNNEEDED' | 'WITHHELD' | 'REVOKED';
  readonly reason: string | null;
  readonly observation: NodeObservationPayload | null;
  readonly pods: readonly PodReferencePayload[] | null;
  readonly ticket: string | null;
  readonly repaired: boolean | null;
  readonly nodeGone: boolean | null;
  readonly hold: string | null;
  readonly cordoned: boolean | null;
}

export function resultToPayload(result: CommandResult): CommandResultPayload {
  const { detail } = result;
  return {
    commandId: result.commandId,
    commandType: result.commandType,
    processId: result.processId,
    stageEntry: result.stageEntry,
    status: statuses.toSymbol(result.status),
    reason: detail.reason ?? null,
    observation: detail.observation === undefined ? null : observationToPayload(detail.observation),
    pods: detail.pods?.map(podToPayload) ?? null,
    ticket: detail.ticket ?? null,
    repaired: detail.repaired ?? null,
    nodeGone: detail.nodeGone ?? null,
    hold: detail.hold ?? null,
    cordoned: detail.cordoned ?? null,
  };
}

function commandType(text: string): CommandType {
  const known = commandTypes.find((type) => type === text);
  if (known === undefined) {
    throw new EventUndecodable('Signal', `$.commandResult.commandType ${JSON.stringify(text)} is no command`);
  }
  return known;
}

export function payloadToResult(payload: CommandResultPayload): CommandResult {
  return {
    commandId: payload.commandId as CommandId,
    commandType: commandType(payload.commandType),
    processId: payload.processId as ProcessId,
    stageEntry: payload.stageEntry,
    status: statuses.fromSymbol(payload.status, { event: 'Signal', path: '$.commandResult.status' }),
    detail: withoutNulls({
      reason: payload.reason,
      observation: payload.observation === null ? null : payloadToObservation(payload.observation),
      pods: payload.pods?.map(payloadToPod) ?? null,
      ticket: payload.ticket,
      repaired: payload.repaired,
      nodeGone: payload.nodeGone,
      hold: payload.hold,
      cordoned: payload.cordoned,
    }),
  };
}
