import type {
  CommandResultDetail,
  CommandType,
  NodeObservation,
  PodReference,
  ResultStatus,
} from '../../domain/command.js';
import type { BootId, NodeUid, PodUid, ProcessId } from '../../domain/identifiers.js';
import type { MigrationStatus, OrderKind } from '../../domain/signal.js';
import type { TimerName, WorkflowEvent } from '../../workflows/events.js';

const at = 1_000;

export const pod: PodReference = { namespace: 'shop', name: 'web-1', uid: 'pod-1' as PodUid };

export function observed(overrides: Partial<NodeObservation> = {}): NodeObservation {
  return {
    nodeUid: 'u1' as NodeUid,
    bootId: 'boot-1' as BootId,
    ready: 'True',
    conditions: { KernelDeadlock: 'False' },
    unschedulable: true,
    ...overrides,
  };
}

export function result(
  type: CommandType,
  status: ResultStatus,
  detail: CommandResultDetail = {},
): WorkflowEvent {
  return { type: `${type}.${status}`, at, detail };
}

export const done = (type: CommandType, detail: CommandResultDetail = {}) => result(type, 'done', detail);
export const failed = (type: CommandType) => result(type, 'failed', { reason: 'refused' });
export const unknown = (type: CommandType) => result(type, 'unknown');
export const timer = (name: TimerName): WorkflowEvent => ({ type: `timer.${name}`, at });
/** A timer that comes when the latest look is long ago. */
export const heldUp = (name: TimerName): WorkflowEvent => ({ type: `timer.${name}`, at: at + 1_000_000_000 });
export const order = (kind: OrderKind): WorkflowEvent => ({ type: `order.${kind}`, at, reason: 'said so' });
/** A person does not believe the fault of a node of which another fault says that it is not Ready. */
export const dismissedNotReady: WorkflowEvent = {
  type: 'order.dismiss',
  at,
  reason: 'said so',
  notReady: true,
};
export const cleared: WorkflowEvent = { type: 'fault.cleared', at };
export const firing: WorkflowEvent = { type: 'fault.firing', at };
export const stronger: WorkflowEvent = { type: 'fault.stronger', at };
export const deleted: WorkflowEvent = { type: 'node.deleted', at };
export const announced: WorkflowEvent = { type: 'migration.announced', at };

export function replied(status: MigrationStatus): WorkflowEvent {
  const reply = { requestId: 'r', processId: 'p-aaaaaaaaaaaaaaaa' as ProcessId, pod, status, by: 'migrator' };
  return { type: 'migration.replied', at, reply };
}

/** The way to an isolated node that has one pod to move. */
export const isolated = done('isolateNode', { observation: observed() });
export const asked = done('requestMigration', { pods: [pod] });
export const emptied = done('observeWorkload', { pods: [] });
export const silent = done('isolateNode', { observation: observed({ ready: 'Unknown' }) });
export const booted = done('observeNode', { observation: observed({ bootId: 'boot-2' as BootId }) });
