import type { Fact } from '../../domain/fact.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';

/** A whole fact, with what its events say beyond it. */
export interface StoredFact {
  readonly fact: Fact;
  /** Of the journal, when it was decided. */
  readonly epoch: number;
  /** `ce_id` of the record that it follows from. */
  readonly causedBy: string;
}

/** Facts of one node that follow each other, and where they lie in their file. */
export interface Stretch {
  readonly node: NodeKey;
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  /** Of the file's header and these bytes, hexadecimal. */
  readonly sha256: string;
}

/** A stretch with the file that holds it. */
export interface PlacedStretch extends Stretch {
  readonly file: string;
  /** Bytes before the first stretch; they are needed to read any. */
  readonly headerLength: number;
}

/** A finished file. Never changed again. */
export interface ArchiveFile {
  readonly name: string;
  readonly headerLength: number;
  readonly length: number;
  /** Of all its bytes, hexadecimal. */
  readonly sha256: string;
}

/** A file that is being written; nobody sees it before `finish`. */
export interface NewArchiveFile {
  /** Bytes written so far. */
  readonly length: number;
  /** Facts of one node in order of version, at least one. */
  add(facts: readonly StoredFact[]): Promise<Stretch>;
  /** Resolves when the file is on disk under its name. */
  finish(): Promise<ArchiveFile>;
  /** Takes it away, unless it is finished. */
  abandon(): Promise<void>;
}

/** Where archives are kept. Files are only added. */
export interface ArchiveFiles {
  /** Takes away what earlier runs of this installation left unfinished; a file that is being written as well. */
  removeUnfinished(owner: string): Promise<void>;
  /** @param owner id of the installation, with which names begin */
  begin(owner: string): Promise<NewArchiveFile>;
  /** The facts of a stretch, whole and undamaged. Rejects with ArchiveUnreadable. */
  read(stretch: PlacedStretch): Promise<readonly StoredFact[]>;
  /** Only looks whether a file is there, and as long as it was written. Rejects with ArchiveUnreadable. */
  look(file: Pick<ArchiveFile, 'name' | 'length'>): Promise<void>;
  /** Reads all bytes of a file. Rejects with ArchiveUnreadable unless they are those that were written. */
  check(file: Pick<ArchiveFile, 'name' | 'length' | 'sha256'>): Promise<void>;
}

/** Facts lie in a file that is missing, damaged, or can't be read here: nothing is told rather than a part. */
export class ArchiveUnreadable extends Error {
  override readonly name = 'ArchiveUnreadable';
  readonly file: string;
  readonly reason: string;

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(
      `archived facts lie in the file ${file}, and ${reason}: restore the folder of archive.folder from its backup, then run \`faultline archive verify\``,
      options,
    );
    this.file = file;
    this.reason = reason;
  }
}

/** A file as the journal knows it. */
export interface RecordedFile extends ArchiveFile {
  readonly facts: number;
  /** In byte order the first node that it holds something of, and the last. */
  readonly firstNode: NodeKey;
  readonly lastNode: NodeKey;
  /** ms */
  readonly archivedAt: number;
}

/** Stretches that end behind a fact, in byte order of node and then of version. */
export interface StretchQuery {
  /** Undefined: from the first on. */
  readonly after?: Pick<Fact, 'node' | 'version'>;
  /** Undefined: of all nodes. */
  readonly node?: NodeKey;
  readonly limit: number;
}

/** What the journal knows of facts that it does not hold itself any more. */
export interface ArchiveIndex {
  /** State behind the last archived fact of a node. Undefined: the journal holds all its facts. */
  snapshot(node: NodeKey): Promise<NodeState | undefined>;
  /** Fewer than `limit` are the last. */
  stretches(query: StretchQuery): Promise<readonly PlacedStretch[]>;
  /** All, the oldest first. */
  files(): Promise<readonly RecordedFile[]>;
  /** When a run last came to its end (ms). Undefined: none did. */
  finishedAt(): Promise<number | undefined>;
}

const stretchesAtOnce = 50;

/** All stretches that a query names, in order, a page of them at a time. */
export async function* everyStretch(
  index: Pick<ArchiveIndex, 'stretches'>,
  query: Omit<StretchQuery, 'limit'>,
): AsyncGenerator<PlacedStretch, void> {
  let next: Omit<StretchQuery, 'limit'> | undefined = query;
  while (next !== undefined) {
    const page: readonly PlacedStretch[] = await index.stretches({ ...next, limit: stretchesAtOnce });
    yield* page;
    const last = page.at(-1);
    const isLast = last === undefined || page.length < stretchesAtOnce;
    next = isLast ? undefined : { ...query, after: { node: last.node, version: last.lastVersion } };
  }
}

/** Facts that go into a file. */
export interface Removal {
  readonly file: ArchiveFile;
  /** All stretches of the file, of each node in order of version. */
  readonly stretches: readonly Stretch[];
  /** Of each node of the file, the state behind its last archived fact. */
  readonly snapshots: readonly NodeState[];
  /** ms */
  readonly at: number;
}

/** The facts are not, or no longer, those that the journal holds: another copy archived them. Nothing was changed. */
export class ArchiveConflict extends Error {
  override readonly name = 'ArchiveConflict';
}

/** How facts leave the journal. */
export interface FactArchive extends ArchiveIndex {
  /** Nodes in byte order whose first kept fact was decided before an instant (ms). */
  nodesWithFactsBefore(query: {
    readonly before: number;
    readonly after?: NodeKey;
    readonly limit: number;
  }): Promise<readonly NodeKey[]>;
  /** Facts of a node that the journal holds itself, in order of version. */
  kept(
    node: NodeKey,
    query: { readonly fromVersion: number; readonly limit: number },
  ): Promise<readonly StoredFact[]>;
  /**
   * In one transaction: takes the facts of a finished file out of the journal, and records file, stretches and snapshots.
   * Rejects with ArchiveConflict, and changes nothing, unless it holds each of these facts.
   */
  remove(removal: Removal): Promise<void>;
  /** A run came to its end. */
  finish(at: number): Promise<void>;
}
