import type { BootId, MachineId, NodeUid, ProcessId } from '../../domain/identifiers.js';
import type { LostRecords, NodeChange, Orphan } from '../../domain/signal.js';
import { symbolTable } from '../symbol-table.js';
import { withoutNulls } from '../without-nulls.js';

const nodeChanges = symbolTable([
  ['appeared', 'APPEARED'],
  ['deleted', 'DELETED'],
  ['rebooted', 'REBOOTED'],
  ['relabelled', 'RELABELLED'],
]);

export interface NodeChangedPayload {
  readonly change: 'UNKNOWN' | 'APPEARED' | 'DELETED' | 'REBOOTED' | 'RELABELLED';
  readonly nodeUid: string | null;
  readonly bootId: string | null;
  readonly machineId: string | null;
  readonly pool: string | null;
}

export interface InputLostPayload {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number | null;
}

export interface OrphanFoundPayload {
  readonly owner: string;
  readonly processId: string | null;
  readonly nodeUid: string;
  readonly bootId: string | null;
  readonly machineId: string | null;
  readonly atOnce: number;
}

export function changeToPayload(change: NodeChange): NodeChangedPayload {
  return {
    change: nodeChanges.toSymbol(change.change),
    nodeUid: change.nodeUid ?? null,
    bootId: change.bootId ?? null,
    machineId: change.machineId ?? null,
    pool: change.pool ?? null,
  };
}

export function orphanToPayload(orphan: Orphan): OrphanFoundPayload {
  const { owner, nodeUid, atOnce } = orphan;
  return {
    owner,
    processId: orphan.processId ?? null,
    nodeUid,
    bootId: orphan.bootId ?? null,
    machineId: orphan.machineId ?? null,
    atOnce,
  };
}

export function payloadToChange(payload: NodeChangedPayload): NodeChange {
  return {
    change: nodeChanges.fromSymbol(payload.change, { event: 'Signal', path: '$.nodeChanged.change' }),
    ...withoutNulls({
      nodeUid: payload.nodeUid as NodeUid | null,
      bootId: payload.bootId as BootId | null,
      machineId: payload.machineId as MachineId | null,
      pool: payload.pool,
    }),
  };
}

export function payloadToLost({ to, ...lost }: InputLostPayload): LostRecords {
  return { ...lost, ...withoutNulls({ to }) };
}

export function payloadToOrphan(payload: OrphanFoundPayload): Orphan {
  const { owner, atOnce } = payload;
  return {
    owner,
    nodeUid: payload.nodeUid as NodeUid,
    atOnce,
    ...withoutNulls({
      processId: payload.processId as ProcessId | null,
      bootId: payload.bootId as BootId | null,
      machineId: payload.machineId as MachineId | null,
    }),
  };
}
