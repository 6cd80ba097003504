import type { BootId, MachineId, NodeKey, NodeUid, ProcessId } from '../../domain/identifiers.js';
import type { NodeChange, Order, Signal } from '../../domain/signal.js';
import { symbolTable } from '../symbol-table.js';
import { EventUndecodable } from '../undecodable.js';
import { withoutNulls } from '../without-nulls.js';
import { payloadToResult, resultToPayload, type CommandResultPayload } from './command-result.js';
import { nodeToPayload, payloadToNames, type NodeNamesPayload } from './node-names.js';

const orderKinds = symbolTable([
  ['retry', 'RETRY'],
  ['skip', 'SKIP'],
  ['abort', 'ABORT'],
  ['repaired', 'REPAIRED'],
]);
const nodeChanges = symbolTable([
  ['appeared', 'APPEARED'],
  ['deleted', 'DELETED'],
  ['rebooted', 'REBOOTED'],
]);

interface OrderPayload {
  readonly kind: 'UNKNOWN' | 'RETRY' | 'SKIP' | 'ABORT' | 'REPAIRED';
  readonly processId: string;
  readonly subject: string;
  readonly reason: string;
}

interface NodeChangedPayload {
  readonly change: 'UNKNOWN' | 'APPEARED' | 'DELETED' | 'REBOOTED';
  readonly nodeUid: string | null;
  readonly bootId: string | null;
  readonly machineId: string | null;
}

export interface SignalPayload extends NodeNamesPayload {
  readonly kind:
    'UNKNOWN' | 'COMMAND_RESULT' | 'TIMER_FIRED' | 'ORDER' | 'NODE_CHANGED' | 'MIGRATION_ANNOUNCED';
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
}

export function signalToEvent(node: NodeKey, signal: Signal): SignalPayload {
  const empty = {
    ...nodeToPayload(node),
    commandResult: null,
    timerFired: null,
    order: null,
    nodeChanged: null,
    migrationAnnounced: null,
  };
  switch (signal.kind) {
    case 'CommandResult':
      return { ...empty, kind: 'COMMAND_RESULT', commandResult: resultToPayload(signal.result) };
    case 'TimerFired': {
      const { processId, stageEntry, timer } = signal;
      return { ...empty, kind: 'TIMER_FIRED', timerFired: { processId, stageEntry, timer } };
    }
    case 'Order': {
      const { kind, processId, subject, reason } = signal.order;
      return {
        ...empty,
        kind: 'ORDER',
        order: { kind: orderKinds.toSymbol(kind), processId, subject, reason },
      };
    }
    case 'NodeChanged':
      return { ...empty, kind: 'NODE_CHANGED', nodeChanged: changeToPayload(signal.change) };
    case 'MigrationAnnounced': {
      const { processId, stageEntry, requestId } = signal;
      return {
        ...empty,
        kind: 'MIGRATION_ANNOUNCED',
        migrationAnnounced: { processId, stageEntry, requestId },
      };
    }
  }
}

function changeToPayload(change: NodeChange): NodeChangedPayload {
  return {
    change: nodeChanges.toSymbol(change.change),
    nodeUid: change.nodeUid ?? null,
    bootId: change.bootId ?? null,
    machineId: change.machineId ?? null,
  };
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
    case 'UNKNOWN':
      throw new EventUndecodable('Signal', "$.kind is one that this release doesn't know: upgrade it");
  }
}

type Nested = 'commandResult' | 'timerFired' | 'order' | 'nodeChanged' | 'migrationAnnounced';

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

function payloadToChange(payload: NodeChangedPayload): NodeChange {
  return {
    change: nodeChanges.fromSymbol(payload.change, { event: 'Signal', path: '$.nodeChanged.change' }),
    ...withoutNulls({
      nodeUid: payload.nodeUid as NodeUid | null,
      bootId: payload.bootId as BootId | null,
      machineId: payload.machineId as MachineId | null,
    }),
  };
}
