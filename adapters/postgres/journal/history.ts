import type { Command, CommandResult } from '../../../domain/command.js';
import type { Fact } from '../../../domain/fact.js';
import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import { noArchiveFolder } from '../../archive/no-folder.js';
import { WholeFacts } from '../../archive/whole-facts.js';
import { pageOf, readProcessCursor, writeProcessCursor } from '../../journal/pages.js';
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
import { describeInput } from '../../journal/waiting-inputs.js';
import { storableText } from '../../../schemas/storable-text.js';
import { PostgresArchiveIndex } from './archive-index.js';
import type { Database } from './database.js';
import { PostgresKeptFacts } from './kept-facts.js';
import { withoutNulls, type Nullable } from './nullable.js';
import { inputFromBytes } from './waiting.js';

const processColumns = `process_id AS "processId", node_key AS node, workflow, fault_type AS "faultType", stage,
  started_at AS "startedAt", ended_at AS "endedAt", outcome, reason, waiting_for AS "waitingFor"`;

/** Reads under the role faultline_reader, which can do nothing else. */
export class PostgresHistory implements History {
  readonly #database: Database;
  readonly #facts: WholeFacts;

  /** @param files where archived facts are read */
  constructor(database: Database, files: Pick<ArchiveFiles, 'read'> = noArchiveFolder) {
    this.#database = database;
    this.#facts = new WholeFacts(new PostgresKeptFacts(database), new PostgresArchiveIndex(database), files);
  }

  async states({ cluster, after, limit }: Parameters<History['states']>[0]): Promise<Page<NodeState>> {
    const rows = await this.#database.query<{ state: NodeState }>({
      // '0' follows '/' in byte order: all keys of one cluster lie between the two.
      text: `SELECT state FROM journal.node_state
        WHERE version > 0 AND ($1::text IS NULL OR (node_key >= $1 || '/' AND node_key < $1 || '0'))
          AND ($2::text IS NULL OR node_key > $2)
        ORDER BY node_key LIMIT $3`,
      values: [cluster ?? null, after ?? null, limit + 1],
    });
    const states = rows.map(({ state }) => state);
    return pageOf(states, limit, ({ node }) => node);
  }

  async state(node: NodeKey): Promise<NodeState | undefined> {
    const [row] = await this.#database.query<{ state: NodeState }>({
      text: 'SELECT state FROM journal.node_state WHERE node_key = $1 AND version > 0',
      values: [node],
    });
    return row?.state;
  }

  async statesOf(nodes: readonly NodeKey[]): Promise<readonly NodeState[]> {
    const rows = await this.#database.query<{ state: NodeState }>({
      text: 'SELECT state FROM journal.node_state WHERE node_key = ANY ($1::text[]) AND version > 0',
      values: [nodes],
    });
    return rows.map(({ state }) => state);
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
    const rows = await this.#database.query<Nullable<ProcessRow>>({
      text: `SELECT ${processColumns} FROM journal.process
        WHERE ($1::boolean IS NULL OR (ended_at IS NULL) = $1) AND ($2::text IS NULL OR node_key = $2)
          AND ($3::bigint IS NULL OR (started_at, process_id COLLATE "C") < ($3, $4::text))
        ORDER BY started_at DESC, process_id COLLATE "C" DESC LIMIT $5`,
      values: [
        query.active ?? null,
        query.node ?? null,
        after?.startedAt ?? null,
        after?.processId ?? null,
        query.limit + 1,
      ],
    });
    const processes = rows.map((row) => withoutNulls<ProcessRow>(row));
    return pageOf(processes, query.limit, writeProcessCursor);
  }

  async process(id: ProcessId): Promise<ProcessRow | undefined> {
    const [row] = await this.#database.query<Nullable<ProcessRow>>({
      text: `SELECT ${processColumns} FROM journal.process WHERE process_id = $1`,
      values: [id],
    });
    return row === undefined ? undefined : withoutNulls<ProcessRow>(row);
  }

  async commands(id: ProcessId): Promise<readonly CommandRow[]> {
    const rows = await this.#database.query<{
      command: Command;
      status: CommandRow['status'];
      attempts: number;
      result: CommandResult | null;
      waiting_reason: string | null;
      due_at: number;
      created_at: number;
    }>({
      text: `SELECT command, status, attempts, result, waiting_reason, due_at, created_at
        FROM journal.command WHERE process_id = $1 ORDER BY position`,
      values: [id],
    });
    return rows.map((row) => ({
      command: row.command,
      status: row.status,
      attempts: row.attempts,
      ...(row.result === null ? {} : { result: row.result }),
      ...(row.status === 'waiting' && row.waiting_reason !== null
        ? { waitingReason: row.waiting_reason, waitingUntil: row.due_at }
        : {}),
      createdAt: row.created_at,
    }));
  }

  async repeats(node: NodeKey): Promise<readonly RepeatRow[]> {
    const rows = await this.#database.query<Nullable<RepeatRow>>({
      text: `SELECT type, source, fate, reason, first_at AS first, last_at AS last, count
        FROM journal.report_repeat WHERE node_key = $1 ORDER BY first_at, digest`,
      values: [node],
    });
    return rows.map((row) => withoutNulls<RepeatRow>(row));
  }

  async parked({ limit }: Parameters<History['parked']>[0]): Promise<readonly ParkedNode[]> {
    return this.#database.query<ParkedNode & Record<string, unknown>>({
      text: `SELECT node_key AS node, kind, reason, since, attempts, tried_at AS "triedAt", version,
          (SELECT count(*) FROM journal.waiting_input AS waiting
            WHERE waiting.node_key = parked.node_key AND NOT waiting.taken) AS waiting
        FROM journal.parked_node AS parked ORDER BY since, node_key LIMIT $1`,
      values: [limit],
    });
  }

  async waiting(node: NodeKey): Promise<readonly WaitingRow[]> {
    const rows = await this.#database.query<Omit<WaitingRow, 'what'> & { readonly input: Buffer }>({
      text: `SELECT said.first, said.last, said.count, whole.input FROM (
          SELECT coalesce(repeats, place) AS place, min(at) AS first, max(at) AS last, count(*) AS count
          FROM journal.waiting_input WHERE node_key = $1 AND NOT taken
          GROUP BY coalesce(repeats, place) ORDER BY 1 LIMIT 100
        ) AS said JOIN journal.waiting_input AS whole ON whole.node_key = $1 AND whole.place = said.place
        ORDER BY whole.place`,
      values: [node],
    });
    return rows.map(({ input, ...row }) => ({
      what: storableText(describeInput(inputFromBytes(input))),
      ...row,
    }));
  }
}
