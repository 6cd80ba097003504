import type { NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import { factsOf, recordedFile } from '../../journal/recorded-file.js';
import { comparePlaces, isAfter, type FactPlace } from '../../journal/fact-places.js';
import { compareBytes } from '../../journal/pages.js';
import {
  ArchiveConflict,
  type FactArchive,
  type PlacedStretch,
  type RecordedFile,
  type Removal,
  type StoredFact,
  type Stretch,
  type StretchQuery,
} from '../../ports/archive.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

/** What a PostgreSQL journal keeps of archives in tables. */
export class StoredArchive {
  readonly files: RecordedFile[] = [];
  readonly stretches: PlacedStretch[] = [];
  readonly snapshots = new Map<NodeKey, NodeState>();
  finishedAt: number | undefined;
}

function endOf({ node, lastVersion }: Stretch): FactPlace {
  return { node, version: lastVersion };
}

export class MemoryFactArchive implements FactArchive {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async snapshot(node: NodeKey): Promise<NodeState | undefined> {
    return this.#store.archive.snapshots.get(node);
  }

  async stretches({ after, node: only, limit }: StretchQuery): Promise<readonly PlacedStretch[]> {
    return this.#store.archive.stretches
      .filter((stretch) => isAfter(endOf(stretch), after) && (only === undefined || stretch.node === only))
      .sort((a, b) => comparePlaces(endOf(a), endOf(b)))
      .slice(0, limit);
  }

  async files(): Promise<readonly RecordedFile[]> {
    return [...this.#store.archive.files];
  }

  async finishedAt(): Promise<number | undefined> {
    return this.#store.archive.finishedAt;
  }

  async nodesWithFactsBefore({
    before,
    after,
    limit,
  }: Parameters<FactArchive['nodesWithFactsBefore']>[0]): Promise<readonly NodeKey[]> {
    return [...this.#store.facts]
      .filter(
        ([node, [first]]) =>
          (after === undefined || compareBytes(node, after) > 0) &&
          first !== undefined &&
          first.fact.at < before,
      )
      .map(([node]) => node)
      .sort(compareBytes)
      .slice(0, limit);
  }

  async kept(
    node: NodeKey,
    { fromVersion, limit }: Parameters<FactArchive['kept']>[1],
  ): Promise<readonly StoredFact[]> {
    const facts = this.#store.facts.get(node) ?? [];
    return facts.filter(({ fact }) => fact.version >= fromVersion).slice(0, limit);
  }

  async remove({ file, stretches, snapshots, at }: Removal): Promise<void> {
    const { archive, facts } = this.#store;
    const isOf = ({ node, firstVersion, lastVersion }: Stretch, { fact }: StoredFact): boolean =>
      fact.node === node && firstVersion <= fact.version && fact.version <= lastVersion;
    const held = stretches.map((stretch) =>
      (facts.get(stretch.node) ?? []).filter((stored) => isOf(stretch, stored)),
    );
    if (held.flat().length < factsOf(stretches)) {
      throw new ArchiveConflict(`${file.name} holds facts that the journal does not: nothing was archived`);
    }
    for (const stretch of stretches) {
      const left = (facts.get(stretch.node) ?? []).filter((stored) => !isOf(stretch, stored));
      facts.set(stretch.node, left);
    }
    const { name, headerLength } = file;
    archive.stretches.push(...stretches.map((stretch) => ({ ...stretch, file: name, headerLength })));
    archive.files.push(recordedFile({ file, stretches, snapshots, at }));
    for (const state of snapshots) archive.snapshots.set(state.node, state);
  }

  async finish(at: number): Promise<void> {
    this.#store.archive.finishedAt = at;
  }
}
