import type { Fact } from '../../domain/fact.js';
import { evolve } from '../../domain/evolve.js';
import { outcomes, type ActiveProcess, type NodeState, type Outcome } from '../../domain/node-state.js';
import type { ProcessId } from '../../domain/identifiers.js';
import type { ProcessRow } from '../ports/journal.js';

/** The rows of all processes that these facts speak of, as they stand after them. */
export function processRowsOf(before: NodeState, facts: readonly Fact[]): readonly ProcessRow[] {
  const rows = new Map<ProcessId, ProcessRow>();
  let state = before;
  if (before.process !== undefined) rows.set(before.process.id, activeRow(before, before.process));
  for (const fact of facts) {
    state = evolve(state, fact);
    if (state.process !== undefined) rows.set(state.process.id, activeRow(state, state.process));
    if (fact.type === 'ProcessEnded' && fact.processId !== undefined) {
      const row = rows.get(fact.processId);
      if (row !== undefined) rows.set(fact.processId, endedRow(row, fact));
    }
  }
  return [...rows.values()];
}

/** A process of a parked node waits for what the node waits for, whatever it waited for before. */
function activeRow({ node, parked }: NodeState, process: ActiveProcess): ProcessRow {
  const { faultType, waitingFor: asked } = process.context;
  const waitingFor = parked === undefined ? asked : `node parked: ${parked.reason}`;
  return {
    processId: process.id,
    node,
    workflow: process.workflow,
    faultType,
    stage: process.stage,
    startedAt: process.startedAt,
    ...(waitingFor === undefined ? {} : { waitingFor }),
  };
}

function endedRow(row: ProcessRow, fact: Fact): ProcessRow {
  const { outcome, reason, stage } = fact.data;
  const { waitingFor: _over, ...rest } = row;
  return {
    ...rest,
    ...(typeof stage === 'string' ? { stage } : {}),
    endedAt: fact.at,
    ...(isOutcome(outcome) ? { outcome } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

function isOutcome(value: unknown): value is Outcome {
  return outcomes.some((outcome) => outcome === value);
}
