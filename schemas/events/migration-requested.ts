import type { PodReference } from '../../domain/command.js';
import type { NodeKey, NodeUid, ProcessId } from '../../domain/identifiers.js';
import { withoutNulls } from '../without-nulls.js';
import { nodeToPayload, payloadToNames, type NodeNamesPayload } from './node-names.js';
import { payloadToPod, podToPayload, type PodReferencePayload } from './pod-reference.js';

export interface MigrationRequestedPayload extends NodeNamesPayload {
  readonly requestId: string;
  readonly processId: string;
  readonly nodeUid: string | null;
  readonly pods: readonly PodReferencePayload[];
  readonly reason: string;
  readonly deadlineMs: number;
}

/** Workload that is asked to leave a node. */
export interface MigrationRequest {
  readonly requestId: string;
  readonly processId: ProcessId;
  readonly node: NodeKey;
  readonly nodeUid?: NodeUid;
  readonly pods: readonly PodReference[];
  readonly reason: string;
  /** Milliseconds from the moment the log acknowledged the request. */
  readonly deadlineMs: number;
}

export function migrationRequestToEvent(request: MigrationRequest): MigrationRequestedPayload {
  return {
    requestId: request.requestId,
    processId: request.processId,
    ...nodeToPayload(request.node),
    nodeUid: request.nodeUid ?? null,
    pods: request.pods.map(podToPayload),
    reason: request.reason,
    deadlineMs: request.deadlineMs,
  };
}

/** Throws EventUndecodable when a name is none. */
export function eventToMigrationRequest(payload: MigrationRequestedPayload): MigrationRequest {
  return {
    requestId: payload.requestId,
    processId: payload.processId as ProcessId,
    node: payloadToNames('MigrationRequested', payload).key,
    pods: payload.pods.map(payloadToPod),
    reason: payload.reason,
    deadlineMs: payload.deadlineMs,
    ...withoutNulls({ nodeUid: payload.nodeUid as NodeUid | null }),
  };
}
