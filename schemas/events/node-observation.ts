import type { NodeObservation } from '../../domain/command.js';
import type { BootId, MachineId, NodeUid, ProcessId } from '../../domain/identifiers.js';
import { symbolTable } from '../symbol-table.js';
import { withoutNulls } from '../without-nulls.js';

type ConditionSymbol = 'UNKNOWN' | 'TRUE' | 'FALSE';
const conditionStatuses = symbolTable([
  ['True', 'TRUE'],
  ['False', 'FALSE'],
  ['Unknown', 'UNKNOWN'],
]);

export interface NodeObservationPayload {
  readonly nodeUid: string;
  readonly bootId: string | null;
  readonly machineId: string | null;
  readonly ready: ConditionSymbol;
  readonly conditions: Readonly<Record<string, ConditionSymbol>>;
  readonly unschedulable: boolean;
  readonly isolatedBy: string | null;
  readonly hold: string | null;
  readonly image: string | null;
  readonly pool: string | null;
}

export function observationToPayload(observation: NodeObservation): NodeObservationPayload {
  return {
    nodeUid: observation.nodeUid,
    bootId: observation.bootId ?? null,
    machineId: observation.machineId ?? null,
    ready: conditionStatuses.toSymbol(observation.ready),
    conditions: Object.fromEntries(
      Object.entries(observation.conditions).map(([type, status]) => [
        type,
        conditionStatuses.toSymbol(status),
      ]),
    ),
    unschedulable: observation.unschedulable,
    isolatedBy: observation.isolatedBy ?? null,
    hold: observation.hold ?? null,
    image: observation.image ?? null,
    pool: observation.pool ?? null,
  };
}

export function payloadToObservation(payload: NodeObservationPayload): NodeObservation {
  const status = (symbol: ConditionSymbol) =>
    conditionStatuses.fromSymbol(symbol, { event: 'Signal', path: '$.commandResult.observation' });
  return {
    nodeUid: payload.nodeUid as NodeUid,
    ready: status(payload.ready),
    conditions: Object.fromEntries(
      Object.entries(payload.conditions).map(([type, symbol]) => [type, status(symbol)]),
    ),
    unschedulable: payload.unschedulable,
    ...withoutNulls({
      bootId: payload.bootId as BootId | null,
      machineId: payload.machineId as MachineId | null,
      isolatedBy: payload.isolatedBy as ProcessId | null,
      hold: payload.hold,
      image: payload.image,
      pool: payload.pool,
    }),
  };
}
