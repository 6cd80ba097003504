import type { Fact } from '../../../domain/fact.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { KeptFacts } from '../../archive/whole-facts.js';
import { isAfter } from '../../journal/fact-places.js';
import { compareBytes } from '../../journal/pages.js';
import { publishedFact, publishedFactsOf } from '../../journal/published-fact.js';
import type { History, PublishedFacts, PublishedFactsQuery } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryKeptFacts implements KeptFacts {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async facts(
    node: NodeKey,
    { fromVersion, until, limit }: Parameters<History['facts']>[1],
  ): Promise<readonly Fact[]> {
    return (this.#store.facts.get(node) ?? [])
      .map(({ fact }) => fact)
      .filter(({ version, at }) => version >= fromVersion && (until === undefined || at <= until))
      .slice(0, limit);
  }

  async publishedFacts(query: PublishedFactsQuery): Promise<PublishedFacts> {
    const { after, node: only, types, limit } = query;
    const nodes = [...this.#store.facts.keys()].filter((node) => only === undefined || node === only);
    const facts = nodes
      .sort(compareBytes)
      .flatMap((node) => this.#store.facts.get(node) ?? [])
      .filter(({ fact }) => isAfter(fact, after) && (types === undefined || types.includes(fact.type)))
      .slice(0, limit);
    return publishedFactsOf(facts.map(publishedFact), limit);
  }
}
