import type { CommandRow, ProcessRow } from '../../adapters/ports/journal.js';
import { isFaultType } from '../../domain/fault.js';
import { namesOf } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import type { OrderKind } from '../../domain/signal.js';
import { isStage, ordersOfStage } from '../../workflows/orders.js';
import { apiVersion, toInstant } from './forms/form.js';
import type { ProcessDescription, ProcessItem } from './forms/processes.js';

/** One row of the list of processes. */
export function processItemOf(row: ProcessRow): ProcessItem {
  const { processId, workflow, stage, outcome, reason, waitingFor, endedAt } = row;
  return {
    processId,
    ...namesOf(row.node),
    workflow,
    faultType: isFaultType(row.faultType) ? row.faultType : 'Undetermined',
    stage,
    startedAt: toInstant(row.startedAt),
    ...(endedAt === undefined ? {} : { endedAt: toInstant(endedAt) }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(waitingFor === undefined ? {} : { waitingFor }),
  };
}

/** Orders that a process takes now; none when it is over. That of a parked node can always be retried. */
export function ordersOf(row: ProcessRow, state: NodeState | undefined): readonly OrderKind[] {
  if (row.endedAt !== undefined || !isStage(row.stage)) return [];
  const orders: readonly OrderKind[] = ordersOfStage[row.stage];
  return state?.parked === undefined || orders.includes('retry') ? orders : ['retry', ...orders];
}

function commandItemOf(row: CommandRow): ProcessDescription['commands'][number] {
  const { result, waitingReason, waitingUntil } = row;
  const resultReason = result?.detail.reason;
  return {
    commandId: row.command.id,
    type: row.command.type,
    status: row.status,
    attempts: row.attempts,
    createdAt: toInstant(row.createdAt),
    ...(result === undefined ? {} : { result: result.status }),
    ...(resultReason === undefined ? {} : { resultReason }),
    ...(waitingReason === undefined ? {} : { waitingReason }),
    ...(waitingUntil === undefined ? {} : { waitingUntil: toInstant(waitingUntil) }),
  };
}

function presentOf(row: ProcessRow, state: NodeState | undefined) {
  const process = state?.process?.id === row.processId ? state.process : undefined;
  if (process === undefined) return {};
  const { enteredAt, ticket, pods } = process.context;
  return {
    stageEnteredAt: toInstant(enteredAt),
    ...(ticket === undefined ? {} : { ticket }),
    pods: pods.map(({ namespace, name, uid, status }) => ({ namespace, name, uid, status })),
  };
}

/** All that is to be told about one process; `state` is that of its node. */
export function processDescriptionOf(
  row: ProcessRow,
  commands: readonly CommandRow[],
  state: NodeState | undefined,
): ProcessDescription {
  return {
    apiVersion,
    kind: 'Process',
    ...processItemOf(row),
    active: row.endedAt === undefined,
    orders: [...ordersOf(row, state)],
    commands: commands.map(commandItemOf),
    ...presentOf(row, state),
  };
}
