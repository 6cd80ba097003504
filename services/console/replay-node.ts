import type { History } from '../../adapters/ports/journal.js';
import { evolve } from '../../domain/evolve.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';

const factsPerPage = 1000;

interface End {
  /** ms, inclusive */
  readonly until?: number;
  readonly version: number;
}

/** Folds the facts of a node up to an end. Only reads; of archives only what lies before the facts that are kept. */
export async function foldNode(
  history: Pick<History, 'facts' | 'snapshot'>,
  node: NodeKey,
  end: End,
): Promise<NodeState> {
  const snapshot = await history.snapshot(node);
  let state = snapshot !== undefined && isWithin(snapshot, end) ? snapshot : emptyNodeState(node);
  while (state.version < end.version) {
    const facts = await history.facts(node, {
      fromVersion: state.version + 1,
      limit: Math.min(factsPerPage, end.version - state.version),
      ...(end.until === undefined ? {} : { until: end.until }),
    });
    if (facts.length === 0) break;
    for (const fact of facts) state = evolve(state, fact);
  }
  return state;
}

/** All that it was folded from was decided by then. */
function isWithin({ version, now }: NodeState, { version: last, until = Infinity }: End): boolean {
  return version <= last && now <= until;
}
