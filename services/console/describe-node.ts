import type { RepeatRow, WaitingRow } from '../../adapters/ports/journal.js';
import type { Fact } from '../../domain/fact.js';
import { classOfFaultType, type Fault } from '../../domain/fault.js';
import { namesOf } from '../../domain/identifiers.js';
import type { NodeState, Parked } from '../../domain/node-state.js';
import { summaryOf } from '../../domain/node-summary.js';
import { sequenceText } from '../../schemas/cloud-events.js';
import { apiVersion, toInstant } from './forms/form.js';
import type { FactItem, FaultItem, NodeDescription, NodeItem } from './forms/nodes.js';

/** One row of the list of nodes. */
export function nodeItemOf(state: NodeState): NodeItem {
  const { faults, process, changedAt, ...summary } = summaryOf(state);
  return {
    ...summary,
    faults: [...faults],
    ...(process === undefined ? {} : { process: { ...process, startedAt: toInstant(process.startedAt) } }),
    changedAt: toInstant(changedAt),
  };
}

/** Likewise, with the place among the events of its node up to which they are in it. */
export function listedNodeOf(state: NodeState, epoch: number): NodeItem {
  return { ...nodeItemOf(state), sequence: sequenceText({ epoch, version: state.version }) };
}

function faultItemOf(state: NodeState, fault: Fault): FaultItem {
  const handled =
    state.process?.faults.some(({ id }) => id === fault.id) === true ? state.process.id : undefined;
  return {
    faultId: fault.id,
    type: fault.type,
    class: classOfFaultType[fault.type],
    ...namesOf(state.node),
    openedAt: toInstant(fault.openedAt),
    sources: [...fault.sources],
    ...(fault.left === undefined ? {} : { left: fault.left }),
    ...(handled === undefined ? {} : { processId: handled }),
  };
}

/** Open faults of a node, oldest first. */
export function faultItemsOf(state: NodeState): FaultItem[] {
  return Object.values(state.faults)
    .sort((a, b) => a.openedAt - b.openedAt || a.type.localeCompare(b.type))
    .map((fault) => faultItemOf(state, fault));
}

function parkedOf(parked: Parked, waiting: readonly WaitingRow[]): NonNullable<NodeDescription['parked']> {
  const { kind, reason, since, attempts, triedAt } = parked;
  return {
    kind,
    reason,
    since: toInstant(since),
    attempts,
    triedAt: toInstant(triedAt),
    waiting: waiting.map(({ first, last, ...row }) => ({
      ...row,
      first: toInstant(first),
      last: toInstant(last),
    })),
  };
}

/** All that is to be told about one node. */
export function nodeDescriptionOf(
  state: NodeState,
  repeats: readonly RepeatRow[],
  waiting: readonly WaitingRow[],
): NodeDescription {
  const { nodeUid, bootId, lastRecoveredAt, parked } = state;
  return {
    apiVersion,
    kind: 'Node',
    ...nodeItemOf(state),
    openFaults: faultItemsOf(state),
    attempts: state.attempts.map(({ at, ...attempt }) => ({ ...attempt, at: toInstant(at) })),
    repeats: repeats.map(({ first, last, ...repeat }) => ({
      ...repeat,
      first: toInstant(first),
      last: toInstant(last),
    })),
    ...(nodeUid === undefined ? {} : { nodeUid }),
    ...(bootId === undefined ? {} : { bootId }),
    ...(lastRecoveredAt === undefined ? {} : { lastRecoveredAt: toInstant(lastRecoveredAt) }),
    ...(parked === undefined ? {} : { parked: parkedOf(parked, waiting) }),
  };
}

export function factItemOf(fact: Fact): FactItem {
  const { version, type, at, causeId, processId, data } = fact;
  return {
    version,
    type,
    at: toInstant(at),
    causeId,
    ...(processId === undefined ? {} : { processId }),
    data,
  };
}
