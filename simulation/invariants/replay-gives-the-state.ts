import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import { replay } from '../../domain/evolve.js';
import { canonicalJson } from '../../domain/json.js';
import type { Invariant } from './invariant.js';

/** 6. The only invariant about Faultline's own tables: the facts of each node fold to its state. */
export function replayGivesTheState(store: Pick<MemoryStore, 'states' | 'facts'>): Invariant {
  return {
    name: 'replay of the journal gives the state that was',
    atRest: () => {
      for (const [node, state] of store.states) {
        const facts = (store.facts.get(node) ?? []).map(({ fact }) => fact);
        if (canonicalJson(replay(node, facts)) !== canonicalJson(state))
          return `the facts of ${node} do not fold to its state`;
      }
      return undefined;
    },
  };
}
