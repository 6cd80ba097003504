import type {
  ArchiveFiles,
  FactArchive,
  NewArchiveFile,
  Removal,
  Stretch,
} from '../../../adapters/ports/archive.js';
import type { Duty } from '../../../adapters/ports/duty.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import { lastRest, type Rested } from './last-rest.js';

/** How much goes together. A file ends behind the node with which it reaches one of its limits. */
export interface ArchiveLimits {
  readonly stretchFacts: number;
  readonly fileFacts: number;
  readonly fileBytes: number;
  /** The states of all nodes of a file are held until it is recorded. */
  readonly fileNodes: number;
}

const usualLimits: ArchiveLimits = {
  stretchFacts: 1_000,
  fileFacts: 100_000,
  fileBytes: 64 * 1_048_576,
  fileNodes: 2_000,
};

export interface ArchivingOptions {
  readonly archive: FactArchive;
  /** One copy archives at a time. */
  readonly duty: Duty;
  readonly files: ArchiveFiles;
  /** Id of the installation: names of files begin with it. */
  readonly owner: string;
  /** ms */
  readonly now: () => number;
  /** How long everything about a node must have been over. */
  readonly afterMs: number;
  /** What was archived by then stays so; the rest is for the next run. */
  readonly signal?: AbortSignal;
  readonly limits?: ArchiveLimits;
}

/**
 * Moves facts from before a node was last at rest, if that was long ago, from the journal into files. A crash at any moment leaves each
 * fact in the journal or in a file that the journal knows. Bounded memory. Resolves false when another copy is at it.
 */
export async function archiveFacts(options: ArchivingOptions): Promise<boolean> {
  const { archive, duty, files, owner, now, signal } = options;
  if (!(await duty.acquire())) return false;
  try {
    await files.removeUnfinished(owner);
    for await (const removal of finishedFiles(options)) await archive.remove(removal);
    if (signal?.aborted !== true) await archive.finish(now());
    return true;
  } finally {
    await duty.release();
  }
}

/** Files on disk, one after the other, whose facts are still in the journal. */
async function* finishedFiles(options: ArchivingOptions): AsyncGenerator<Removal, void> {
  const { archive, files, owner, now, afterMs, signal, limits = usualLimits } = options;
  const before = now() - afterMs;
  let draft: Draft | undefined;
  try {
    for await (const rested of restedNodes(archive, { before, enough: limits.fileFacts })) {
      if (signal?.aborted === true) return;
      draft ??= new Draft(await files.begin(owner), limits);
      await draft.add(archive, rested);
      if (!draft.isFull()) continue;
      const removal = await draft.finish(now());
      draft = undefined;
      yield removal;
    }
    if (draft !== undefined) yield await draft.finish(now());
  } finally {
    await draft?.abandon();
  }
}

/** What may go of each node. Of one with more facts than a file takes it comes in parts: the next when the last is archived. */
async function* restedNodes(
  archive: FactArchive,
  limits: { readonly before: number; readonly enough: number },
): AsyncGenerator<Rested, void> {
  for await (const node of nodesWithFactsBefore(archive, limits.before)) {
    for (let isWhole = false; !isWhole;) {
      const rested = await lastRest(archive, node, limits);
      if (rested !== undefined) yield rested;
      isWhole = rested === undefined || rested.state.version - rested.firstVersion < limits.enough;
    }
  }
}

const nodesPerPage = 500;

async function* nodesWithFactsBefore(archive: FactArchive, before: number): AsyncGenerator<NodeKey, void> {
  let after: NodeKey | undefined;
  do {
    const nodes = await archive.nodesWithFactsBefore({
      before,
      limit: nodesPerPage,
      ...(after === undefined ? {} : { after }),
    });
    yield* nodes;
    after = nodes.length < nodesPerPage ? undefined : nodes.at(-1);
  } while (after !== undefined);
}

/** A file under work. */
class Draft {
  readonly #file: NewArchiveFile;
  readonly #limits: ArchiveLimits;
  readonly #stretches: Stretch[] = [];
  readonly #snapshots: NodeState[] = [];
  #facts = 0;

  constructor(file: NewArchiveFile, limits: ArchiveLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  async add(archive: Pick<FactArchive, 'kept'>, { firstVersion, state }: Rested): Promise<void> {
    const { node, version: lastVersion } = state;
    for (let fromVersion = firstVersion; fromVersion <= lastVersion;) {
      const limit = Math.min(this.#limits.stretchFacts, lastVersion - fromVersion + 1);
      const facts = await archive.kept(node, { fromVersion, limit });
      const stretch = await this.#file.add(facts);
      this.#stretches.push(stretch);
      fromVersion = stretch.lastVersion + 1;
    }
    this.#snapshots.push(state);
    this.#facts += lastVersion - firstVersion + 1;
  }

  isFull(): boolean {
    const { fileFacts, fileBytes, fileNodes } = this.#limits;
    return this.#facts >= fileFacts || this.#file.length >= fileBytes || this.#snapshots.length >= fileNodes;
  }

  async finish(at: number): Promise<Removal> {
    const file = await this.#file.finish();
    return { file, stretches: this.#stretches, snapshots: this.#snapshots, at };
  }

  abandon(): Promise<void> {
    return this.#file.abandon();
  }
}
