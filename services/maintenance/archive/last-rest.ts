import type { FactArchive } from '../../../adapters/ports/archive.js';
import { evolve } from '../../../domain/evolve.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';

/** Nothing is going on about the node: no later fact leans on one before. */
export function isAtRest({ process, parked, faults }: NodeState): boolean {
  return process === undefined && parked === undefined && Object.keys(faults).length === 0;
}

/** What of a node may be archived. */
export interface Rested {
  /** Of the first kept fact. */
  readonly firstVersion: number;
  /** The state behind the last fact that may go. */
  readonly state: NodeState;
}

const factsPerPage = 1_000;

/**
 * Folds the kept facts of a node that were decided before an instant, up to the last at which it was at rest; of more than
 * `enough` facts up to the first such behind these. Undefined: it never was. Rejects with FactOutOfOrder where a fact is missing.
 */
export async function lastRest(
  archive: Pick<FactArchive, 'snapshot' | 'kept'>,
  node: NodeKey,
  { before, enough }: { readonly before: number; readonly enough: number },
): Promise<Rested | undefined> {
  let state = (await archive.snapshot(node)) ?? emptyNodeState(node);
  const firstVersion = state.version + 1;
  let rest: Rested | undefined;
  for (;;) {
    const page = await archive.kept(node, { fromVersion: state.version + 1, limit: factsPerPage });
    for (const { fact } of page) {
      if (fact.at >= before) return rest;
      state = evolve(state, fact);
      if (!isAtRest(state)) continue;
      rest = { firstVersion, state };
      if (state.version - firstVersion >= enough) return rest;
    }
    if (page.length < factsPerPage) return rest;
  }
}
