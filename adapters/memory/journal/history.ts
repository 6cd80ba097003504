import type { Fact } from '../../../domain/fact.js';
import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import { noArchiveFolder } from '../../archive/no-folder.js';
import { WholeFacts } from '../../archive/whole-facts.js';
import { compareBytes, pageOf, readProcessCursor, writeProcessCursor } from '../../journal/pages.js';
import type { ArchiveFiles } from '../../ports/archive.js';
import type {
  CommandRow,
  History,
  Page,
  ParkedNode,
  ProcessRow,
  PublishedFacts,
  PublishedFactsQuery,
  RepeatRow,
  WaitingRow,
} from '../../ports/journal.js';
import { MemoryFactArchive } from './archive.js';
import { MemoryKeptFacts } from './kept-facts.js';
import type { MemoryStore, StoredCommand } from './store.js';
import { waitingRows } from './waiting.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryHistory implements History {
  readonly #store: MemoryStore;
  readonly #facts: WholeFacts;

  /** @param files where archived facts are read */
  constructor(store: MemoryStore, files: Pick<ArchiveFiles, 'read'> = noArchiveFolder) {
    this.#store = store;
    this.#facts = new WholeFacts(new MemoryKeptFacts(store), new MemoryFactArchive(store), files);
  }

  async states({ cluster, after, limit }: Parameters<History['states']>[0]): Promise<Page<NodeState>> {
    const prefix = cluster === undefined ? '' : `${cluster}/`;
    const states = [...this.#store.states.values()]
      .filter(({ node }) => node.startsWith(prefix) && (after === undefined || node > after))
      .sort((a, b) => compareBytes(a.node, b.node));
    return pageOf(states, limit, ({ node }) => node);
  }

  async state(node: NodeKey): Promise<NodeState | undefined> {
    return this.#store.states.get(node);
  }

  async statesOf(nodes: readonly NodeKey[]): Promise<readonly NodeState[]> {
    return nodes.flatMap((node) => this.#store.states.get(node) ?? []);
  }

  snapshot(node: NodeKey): Promise<NodeState | undefined> {
    return this.#facts.snapshot(node);
  }

  facts(node: NodeKey, query: Parameters<History['facts']>[1]): Promise<readonly Fact[]> {
    return this.#facts.facts(node, query);
  }

  publishedFacts(query: PublishedFactsQuery): Promise<PublishedFacts> {
    return this.#facts.publishedFacts(query);
  }

  async processes(query: Parameters<History['processes']>[0]): Promise<Page<ProcessRow>> {
    const after = query.after === undefined ? undefined : readProcessCursor(query.after);
    const rows = [...this.#store.processes.values()]
      .filter(
        (row) =>
          (query.active === undefined || query.active === (row.endedAt === undefined)) &&
          (query.node === undefined || query.node === row.node),
      )
      .sort(youngestFirst)
      .filter((row) => after === undefined || youngestFirst(after, row) < 0);
    return pageOf(rows, query.limit, writeProcessCursor);
  }

  async process(id: ProcessId): Promise<ProcessRow | undefined> {
    return this.#store.processes.get(id);
  }

  async commands(id: ProcessId): Promise<readonly CommandRow[]> {
    return [...this.#store.commands.values()]
      .filter(({ command }) => command.processId === id)
      .map(commandRow);
  }

  async repeats(node: NodeKey): Promise<readonly RepeatRow[]> {
    return [...(this.#store.repeats.get(node)?.values() ?? [])]
      .sort((a, b) => a.first - b.first || compareBytes(a.digest, b.digest))
      .map(({ type, source, fate, reason, first, last, count }) => ({
        type,
        source,
        fate,
        ...(reason === undefined ? {} : { reason }),
        first,
        last,
        count,
      }));
  }

  async parked({ limit }: Parameters<History['parked']>[0]): Promise<readonly ParkedNode[]> {
    return [...this.#store.states.values()]
      .flatMap(({ node, version, parked }) => {
        const rows = this.#store.waiting.get(node) ?? [];
        const waiting = rows.filter(({ taken }) => taken === undefined).length;
        return parked === undefined ? [] : [{ ...parked, node, version, waiting }];
      })
      .sort((a, b) => a.since - b.since || compareBytes(a.node, b.node))
      .slice(0, limit);
  }

  async waiting(node: NodeKey): Promise<readonly WaitingRow[]> {
    return waitingRows(this.#store, node);
  }
}

function youngestFirst(
  a: Pick<ProcessRow, 'startedAt'> & { readonly processId: string },
  b: Pick<ProcessRow, 'startedAt'> & { readonly processId: string },
): number {
  return b.startedAt - a.startedAt || compareBytes(b.processId, a.processId);
}

function commandRow(stored: StoredCommand): CommandRow {
  const { command, status, attempts, result, waitingReason, dueAt, createdAt } = stored;
  return {
    command,
    status,
    attempts,
    ...(result === undefined ? {} : { result }),
    ...(status === 'waiting' && waitingReason !== undefined ? { waitingReason, waitingUntil: dueAt } : {}),
    createdAt,
  };
}
