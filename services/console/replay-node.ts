import type { History } from '../../adapters/ports/journal.js';
import { evolve } from '../../domain/evolve.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { sameJson } from '../../domain/json.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';

const factsPerPage = 1000;

/** Folds the facts of a node up to `until` (ms, inclusive), or all of them. Only reads. */
export async function foldNode(
  history: History,
  node: NodeKey,
  until: number | undefined,
): Promise<NodeState> {
  let state = emptyNodeState(node);
  for (;;) {
    const facts = await history.facts(node, {
      fromVersion: state.version + 1,
      limit: factsPerPage,
      ...(until === undefined ? {} : { until }),
    });
    for (const fact of facts) state = evolve(state, fact);
    if (facts.length < factsPerPage) return state;
  }
}

/** Whether a folded state is the stored one; a fold that read past the stored version can't tell. */
export function sameAsStored(folded: NodeState, stored: NodeState | undefined): boolean {
  return stored !== undefined && sameJson(folded, stored);
}
