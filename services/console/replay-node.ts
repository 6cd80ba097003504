import type { History } from '../../adapters/ports/journal.js';
import { evolve } from '../../domain/evolve.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';

const factsPerPage = 1000;

/** Folds the facts of a node up to `until` (ms, inclusive) and `version`. Only reads. */
export async function foldNode(
  history: History,
  node: NodeKey,
  end: { readonly until?: number; readonly version: number },
): Promise<NodeState> {
  let state = emptyNodeState(node);
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
