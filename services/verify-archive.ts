import {
  ArchiveUnreadable,
  everyStretch,
  type ArchiveFiles,
  type ArchiveIndex,
} from '../adapters/ports/archive.js';
import { evolve, FactOutOfOrder } from '../domain/evolve.js';
import { sameJson } from '../domain/json.js';
import { emptyNodeState, type NodeState } from '../domain/node-state.js';

export interface ArchiveProblem {
  /** Name of the file. */
  readonly file: string;
  readonly problem: string;
}

export interface ArchiveVerification {
  readonly files: number;
  readonly facts: number;
  readonly nodes: number;
  readonly problems: readonly ArchiveProblem[];
}

/**
 * Reads all archives: whether each file is as it was written, and the facts of each node fold, without a gap, to the state that the
 * journal keeps behind them. Only reads, and holds one stretch at a time.
 */
export async function verifyArchive(
  index: ArchiveIndex,
  files: Pick<ArchiveFiles, 'read' | 'check'>,
): Promise<ArchiveVerification> {
  const recorded = await index.files();
  const problems: ArchiveProblem[] = [];
  for (const file of recorded) await noting(problems, file.name, () => files.check(file));
  const broken = new Set(problems.map(({ file }) => file));
  const folding = new Folding(index, problems);
  for await (const stretch of everyStretch(index, {})) {
    await folding.begin(stretch);
    if (broken.has(stretch.file)) folding.giveUp();
    else
      await noting(problems, stretch.file, async () => {
        folding.take(await files.read(stretch));
      });
  }
  await folding.end();
  return {
    files: recorded.length,
    facts: recorded.reduce((sum, { facts }) => sum + facts, 0),
    nodes: folding.nodes,
    problems,
  };
}

async function noting(problems: ArchiveProblem[], file: string, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof ArchiveUnreadable) && !(error instanceof FactOutOfOrder)) throw error;
    problems.push({ file, problem: error.message });
  }
}

type Placed = { readonly node: NodeState['node']; readonly file: string };

/** Folds the stretches of one node after the other. */
class Folding {
  readonly #index: ArchiveIndex;
  readonly #problems: ArchiveProblem[];
  nodes = 0;
  #state: NodeState | undefined;
  #place: Placed | undefined;

  constructor(index: ArchiveIndex, problems: ArchiveProblem[]) {
    this.#index = index;
    this.#problems = problems;
  }

  async begin({ node, file }: Placed): Promise<void> {
    if (this.#place?.node !== node) {
      await this.end();
      this.nodes += 1;
      this.#state = emptyNodeState(node);
    }
    this.#place = { node, file };
  }

  /** A part of this node can't be read, which is said already. */
  giveUp(): void {
    this.#state = undefined;
  }

  take(stored: Awaited<ReturnType<ArchiveFiles['read']>>): void {
    let state = this.#state;
    // What follows is of no use, whatever this throws.
    this.#state = undefined;
    if (state === undefined) return;
    for (const { fact } of stored) state = evolve(state, fact);
    this.#state = state;
  }

  /** Of a node whose last stretch was taken. */
  async end(): Promise<void> {
    if (this.#place === undefined || this.#state === undefined) return;
    const { node, file } = this.#place;
    const snapshot = await this.#index.snapshot(node);
    if (snapshot !== undefined && sameJson(snapshot, this.#state)) return;
    this.#problems.push({
      file,
      problem: `the archived facts of ${node} do not give the state that the journal keeps behind them: keep folder and journal as they are, and report it`,
    });
  }
}
