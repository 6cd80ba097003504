import type { Fact } from '../../domain/fact.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import { comparePlaces, isAfter, type FactPlace } from '../journal/fact-places.js';
import { publishedFact, publishedFactsOf } from '../journal/published-fact.js';
import {
  everyStretch,
  type ArchiveFiles,
  type ArchiveIndex,
  type PlacedStretch,
  type StoredFact,
} from '../ports/archive.js';
import type { History, PublishedFact, PublishedFacts, PublishedFactsQuery } from '../ports/journal.js';

/** Facts that the journal holds itself. */
export type KeptFacts = Pick<History, 'facts' | 'publishedFacts'>;

/**
 * Facts of journal and archives as one. Kept ones are asked for first, then where stretches lie: what moves in between is in both
 * answers, and dropped from the first; the other order could find it in neither.
 */
export class WholeFacts implements KeptFacts, Pick<History, 'snapshot'> {
  readonly #kept: KeptFacts;
  readonly #index: ArchiveIndex;
  readonly #files: Pick<ArchiveFiles, 'read'>;
  /** A page may end within a stretch, with which the next one begins. */
  #latest: { readonly sha256: string; readonly facts: readonly StoredFact[] } | undefined;

  constructor(kept: KeptFacts, index: ArchiveIndex, files: Pick<ArchiveFiles, 'read'>) {
    this.#kept = kept;
    this.#index = index;
    this.#files = files;
  }

  snapshot(node: NodeKey): Promise<NodeState | undefined> {
    return this.#index.snapshot(node);
  }

  async facts(node: NodeKey, query: Parameters<History['facts']>[1]): Promise<readonly Fact[]> {
    const { fromVersion, until = Infinity, limit } = query;
    const kept = await this.#kept.facts(node, query);
    // All before it are there as well, or were not asked for.
    if (kept[0]?.version === fromVersion) return kept;
    const facts: Fact[] = [];
    let archivedTo = 0;
    for await (const stretch of everyStretch(this.#index, {
      node,
      after: { node, version: fromVersion - 1 },
    })) {
      const stored = await this.#read(stretch);
      const wanted = stored.filter(({ fact }) => fact.version >= fromVersion && fact.at <= until);
      facts.push(...wanted.map(({ fact }) => fact));
      archivedTo = stretch.lastVersion;
      // The time of a node's decisions never runs backwards.
      if (facts.length >= limit || stored.some(({ fact }) => fact.at > until)) break;
    }
    return [...facts, ...kept.filter(({ version }) => version > archivedTo)].slice(0, limit);
  }

  async publishedFacts(query: PublishedFactsQuery): Promise<PublishedFacts> {
    const { after, node, types, limit } = query;
    const kept = await this.#kept.publishedFacts(query);
    let merged: Merged | undefined;
    const isWanted = ({ fact }: StoredFact): boolean =>
      isAfter(fact, after) && (types === undefined || types.includes(fact.type));
    const asked = { ...(after === undefined ? {} : { after }), ...(node === undefined ? {} : { node }) };
    for await (const stretch of everyStretch(this.#index, asked)) {
      merged ??= new Merged(kept.facts(), limit);
      merged.takeKeptBefore({ node: stretch.node, version: stretch.firstVersion });
      if (merged.isFull()) break;
      const stored = await this.#read(stretch);
      merged.takeArchived(stretch, stored.filter(isWanted).map(publishedFact));
      if (merged.isFull()) break;
    }
    return merged === undefined ? kept : publishedFactsOf(merged.end(), limit);
  }

  async #read(stretch: PlacedStretch): Promise<readonly StoredFact[]> {
    const { sha256 } = stretch;
    if (this.#latest?.sha256 === sha256) return this.#latest.facts;
    const facts = await this.#files.read(stretch);
    this.#latest = { sha256, facts };
    return facts;
  }
}

/** Kept and archived facts in one order, each once. */
class Merged {
  readonly #kept: readonly PublishedFact[];
  readonly #limit: number;
  readonly #facts: PublishedFact[] = [];
  #next = 0;

  constructor(kept: readonly PublishedFact[], limit: number) {
    this.#kept = kept;
    this.#limit = limit;
  }

  isFull(): boolean {
    return this.#facts.length >= this.#limit;
  }

  takeKeptBefore(place: FactPlace): void {
    const end = this.#placeOfFirst((fact) => comparePlaces(fact, place) >= 0);
    this.#facts.push(...this.#kept.slice(this.#next, end));
    this.#next = end;
  }

  /** What was archived since it was read with the kept ones is not taken twice. */
  takeArchived({ node, lastVersion }: PlacedStretch, facts: readonly PublishedFact[]): void {
    this.#facts.push(...facts);
    this.#next = this.#placeOfFirst((fact) => isAfter(fact, { node, version: lastVersion }));
  }

  end(): readonly PublishedFact[] {
    return [...this.#facts, ...this.#kept.slice(this.#next)].slice(0, this.#limit);
  }

  /** Among the kept ones that were not looked at yet; their end, if there is none. */
  #placeOfFirst(isWanted: (place: FactPlace) => boolean): number {
    let place = this.#next;
    for (const { fact } of this.#kept.slice(place)) {
      if (isWanted(fact)) break;
      place += 1;
    }
    return place;
  }
}
