import { namesOf } from './identifiers.js';
import type { NodeState, WorkflowName } from './node-state.js';

/** How a node is, in one word; `waiting`: its process waits, for a person or for a release that knows its workflow. */
export const nodeHealths = ['healthy', 'faulty', 'in-maintenance', 'waiting', 'parked', 'deleted'] as const;
export type NodeHealth = (typeof nodeHealths)[number];

/** The process of a node, as lists and streams tell of it. */
export interface ProcessSummary {
  readonly processId: string;
  readonly workflow: WorkflowName;
  readonly stage: string;
  readonly mode: 'observe' | 'active';
  /** ms */
  readonly startedAt: number;
  /** Why a person is asked, or why its node is parked. */
  readonly waitingFor?: string;
}

/** What everybody is told of a node's present state, whichever way he asks. */
export interface NodeSummary {
  readonly cluster: string;
  readonly node: string;
  readonly health: NodeHealth;
  /** Types of its open faults. */
  readonly faults: readonly string[];
  readonly process?: ProcessSummary;
  /** Of the last fact that is in it. */
  readonly factVersion: number;
  /** ms */
  readonly changedAt: number;
}

function healthOf({ deleted, parked, process, faults }: NodeState): NodeHealth {
  if (deleted === true) return 'deleted';
  if (parked !== undefined) return parked.kind === 'failed' ? 'parked' : 'waiting';
  if (process?.context.waitingFor !== undefined) return 'waiting';
  if (process !== undefined) return 'in-maintenance';
  return Object.keys(faults).length > 0 ? 'faulty' : 'healthy';
}

function processOf({ process, parked }: NodeState): Pick<NodeSummary, 'process'> {
  if (process === undefined) return {};
  const { waitingFor: asked, mode } = process.context;
  const waitingFor = parked === undefined ? asked : `node parked: ${parked.reason}`;
  const { id: processId, workflow, stage, startedAt } = process;
  const told = { processId, workflow, stage, mode, startedAt };
  return { process: waitingFor === undefined ? told : { ...told, waitingFor } };
}

/** Pure: the same state is always told in the same way. */
export function summaryOf(state: NodeState): NodeSummary {
  return {
    ...namesOf(state.node),
    health: healthOf(state),
    faults: Object.keys(state.faults),
    ...processOf(state),
    factVersion: state.version,
    changedAt: state.now,
  };
}
