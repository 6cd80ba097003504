import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Order, Signal } from '../../domain/signal.js';
import { symbolTable } from '../symbol-table.js';
import { EventUndecodable } from '../undecodable.js';
import { withoutNulls } from '../without-nulls.js';
import { payloadToResult, resultToPayload, type CommandResultPayload } from './command-result.js';
import {
  changeToPayload,
  orphanToPayload,
  payloadToChange,
  payloadToLost,
  payloadToOrphan,
  type InputLostPayload,
  type NodeChangedPayload,
  type OrphanFoundPayload,
} from './node-news.js';
import { nodeToPayload, payloadToNames, type NodeNamesPayload } from './node-names.js';

const orderKinds = symbolTable([
  ['retry', 'RETRY'],
  ['skip', 'SKIP'],
  ['abort', 'ABORT'],
  ['repaired', 'REPAIRED'],
  ['dismiss', 'DISMISS'],
]);
interface OrderPayload {
  readonly kind: 'UNKNOWN' | 'RETRY' | 'SKIP' | 'ABORT' | 'REPAIRED' | 'DISMISS';
  readonly processId: string;
  readonly subject: string;
  readonly reason: string;
}

export interface SignalPayload extends NodeNamesPayload {
  readonly kind:
    | 'UNKNOWN'
    | 'COMMAND_RESULT'
    | 'TIMER_FIRED'
    | 'ORDER'
    | 'NODE_CHANGED'
    | 'MIGRATION_ANNOUNCED'
    | 'RETRY_PARKED'
    | 'INPUT_LOST'
    | 'ORPHAN_FOUND'
    | 'MODE_ACTIVATED';
  readonly commandResult: CommandResultPayload | null;
  readonly timerFired: {
    readonly processId: string;
    readonly stageEntry: number;
    readonly timer: string;
  } | null;
  readonly order: OrderPayload | null;
  readonly nodeChanged: NodeChangedPayload | null;
  readonly migrationAnnounced: {
    readonly processId: string;
    readonly stageEntry: number;
    readonly requestId: string;
  } | null;
  readonly retryParked: { readonly reason: string; readonly subject: string | null } | null;
  readonly inputLost: InputLostPayload | null;
  readonly orphanFound: OrphanFoundPayload | null;
  readonly modeActivated: { readonly policy: string } | null;
}

type Said = Pick<SignalPayload, 'kind'> & Partial<SignalPayload>;

export function signalToEvent(node: NodeKey, signal: Signal): SignalPayload {
  // Member by member: one shape for all kinds, where spreads would make one for each and cost more than the encoding.
  const names = nodeToPayload(node);
  const said = saidBy(signal);
  return {
    cluster: names.cluster,
    node: names.node,
    kind: said.kind,
    commandResult: said.commandResult ?? null,
    timerFired: said.timerFired ?? null,
    order: said.order ?? null,
    nodeChanged: said.nodeChanged ?? null,
    migrationAnnounced: said.migrationAnnounced ?? null,
    retryParked: said.retryParked ?? null,
    inputLost: said.inputLost ?? null,
    orphanFound: said.orphanFound ?? null,
    modeActivated: said.modeActivated ?? null,
  };
}

function saidBy(signal: Signal): Said {
  switch (signal.kind) {
    case 'CommandResult':
      return { kind: 'COMMAND_RESULT', commandResult: resultToPayload(signal.result) };
    case 'TimerFired': {
      const { processId, stageEntry, timer } = signal;
      return { kind: 'TIMER_FIRED', timerFired: { processId, stageEntry, timer } };
    }
    case 'Order': {
      const { kind, processId, subject, reason } = signal.order;
      return { kind: 'ORDER', order: { kind: orderKinds.toSymbol(kind), processId, subject, reason } };
    }
    case 'NodeChanged':
      return { kind: 'NODE_CHANGED', nodeChanged: changeToPayload(signal.change) };
    case 'MigrationAnnounced': {
      const { processId, stageEntry, requestId } = signal;
      return { kind: 'MIGRATION_ANNOUNCED', migrationAnnounced: { processId, stageEntry, requestId } };
    }
    case 'RetryParked': {
      const { reason, subject } = signal;
      return { kind: 'RETRY_PARKED', retryParked: { reason, subject: subject ?? null } };
    }
    case 'InputLost':
      return { kind: 'INPUT_LOST', inputLost: { ...signal.lost, to: signal.lost.to ?? null } };
    case 'OrphanFound':
      return { kind: 'ORPHAN_FOUND', orphanFound: orphanToPayload(signal.orphan) };
    case 'ModeActivated':
      return { kind: 'MODE_ACTIVATED', modeActivated: { policy: signal.policy } };
  }
}

/** Throws EventUndecodable when the record that `kind` names is missing, or the kind is not known. */
export function eventToSignal(payload: SignalPayload): { readonly node: NodeKey; readonly signal: Signal } {
  return { node: payloadToNames('Signal', payload).key, signal: toSignal(payload) };
}

function toSignal(payload: SignalPayload): Signal {
  switch (payload.kind) {
    case 'COMMAND_RESULT':
      return { kind: 'CommandResult', result: payloadToResult(required(payload, 'commandResult')) };
    case 'TIMER_FIRED': {
      const { processId, stageEntry, timer } = required(payload, 'timerFired');
      return { kind: 'TimerFired', processId: processId as ProcessId, stageEntry, timer };
    }
    case 'ORDER':
      return { kind: 'Order', order: payloadToOrder(required(payload, 'order')) };
    case 'NODE_CHANGED':
      return { kind: 'NodeChanged', change: payloadToChange(required(payload, 'nodeChanged')) };
    case 'MIGRATION_ANNOUNCED': {
      const { processId, stageEntry, requestId } = required(payload, 'migrationAnnounced');
      return { kind: 'MigrationAnnounced', processId: processId as ProcessId, stageEntry, requestId };
    }
    case 'RETRY_PARKED': {
      const { reason, subject } = required(payload, 'retryParked');
      return { kind: 'RetryParked', reason, ...withoutNulls({ subject }) };
    }
    case 'INPUT_LOST':
      return { kind: 'InputLost', lost: payloadToLost(required(payload, 'inputLost')) };
    case 'ORPHAN_FOUND':
      return { kind: 'OrphanFound', orphan: payloadToOrphan(required(payload, 'orphanFound')) };
    case 'MODE_ACTIVATED':
      return { kind: 'ModeActivated', policy: required(payload, 'modeActivated').policy };
    case 'UNKNOWN':
      throw new EventUndecodable('Signal', "$.kind is one that this release doesn't know: upgrade it");
  }
}

type Nested = Exclude<keyof SignalPayload, keyof NodeNamesPayload | 'kind'>;

function required<Key extends Nested>(payload: SignalPayload, key: Key): NonNullable<SignalPayload[Key]> {
  const nested = payload[key];
  if (nested === null)
    throw new EventUndecodable('Signal', `$.${key} is missing although kind is ${payload.kind}`);
  return nested;
}

function payloadToOrder(payload: OrderPayload): Order {
  return {
    kind: orderKinds.fromSymbol(payload.kind, { event: 'Signal', path: '$.order.kind' }),
    processId: payload.processId as ProcessId,
    subject: payload.subject,
    reason: payload.reason,
  };
}
