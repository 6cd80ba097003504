import type { Fact } from './fact.js';
import type { NodeKey } from './identifiers.js';
import { applyMergePatch } from './json.js';
import { emptyNodeState, type NodeState } from './node-state.js';

/** The journal is broken: facts of one node must follow each other without a gap. */
export class FactOutOfOrder extends Error {
  override readonly name = 'FactOutOfOrder';
  constructor(state: NodeState, fact: Fact) {
    super(
      `fact ${fact.version} of ${fact.node} can't follow version ${state.version}: read the facts from version ${state.version + 1} on`,
    );
  }
}

/** The state after one more fact. No guards, no machine, no I/O: this is all that replay and projections use. */
export function evolve(state: NodeState, fact: Fact): NodeState {
  if (fact.version !== state.version + 1) throw new FactOutOfOrder(state, fact);
  return applyMergePatch(state, fact.patch);
}

/** Folds the facts of one node, in order, from its beginning or from a snapshot. */
export function replay(
  node: NodeKey,
  facts: Iterable<Fact>,
  from: NodeState = emptyNodeState(node),
): NodeState {
  let state = from;
  for (const fact of facts) state = evolve(state, fact);
  return state;
}
