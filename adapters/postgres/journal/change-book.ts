import type { Change, EndOfChange, NodeChange, Soak } from '../../../domain/change.js';
import type { Operation } from '../../../domain/command.js';
import type { ChangeId, ProcessId } from '../../../domain/identifiers.js';
import type { SeenHealth } from '../../../domain/seen-health.js';
import { storableText } from '../../../schemas/storable-text.js';
import { storableJson } from '../../journal/storable.js';
import { pageByPosition } from '../../journal/pages.js';
import type {
  ChangeBook,
  ChangeRow,
  ChangesQuery,
  GrantAnswer,
  SoakingChange,
} from '../../ports/change-book.js';
import type { Page } from '../../ports/journal.js';
import type { NewsReader } from '../../ports/news-reader.js';
import type { JournalContext } from './context.js';
import { Grants } from './grants.js';
import { eachOnce, Together } from './together.js';

interface StoredRow {
  readonly position: number;
  readonly change: Change;
  readonly before: SeenHealth | null;
  readonly lease_until: number;
  readonly waiting_reason: string | null;
  readonly ask_again_at: number | null;
  readonly place: number | null;
  readonly token: number | null;
  readonly granted_at: number | null;
  readonly soak: Soak | null;
  readonly ended: EndOfChange | null;
}

interface SoakingRow extends StoredRow {
  readonly change: NodeChange;
  readonly soak: Soak;
  readonly process_id: ProcessId | null;
  readonly fault_type: string | null;
}

interface Ending {
  readonly id: ChangeId;
  readonly end: Parameters<ChangeBook['end']>[1];
}

/** Who stands in the same line and is not behind, with itself; the order is that of journal.others_come_first. */
const place = `CASE WHEN one.status = 'waiting' AND one.waiting_line IS NOT NULL THEN (
    SELECT count(*) FROM journal.command AS other
    WHERE other.waiting_line = one.waiting_line AND other.status = 'waiting'
      AND journal.command_rank(other.created_at, other.head_start, other.attempts) <= one.asked_at - one.head_start
  ) + (
    SELECT count(*) FROM journal.change AS other
    WHERE other.waiting_line = one.waiting_line AND other.status = 'waiting'
      AND (other.lease_until > $1 OR other.id = one.id)
      AND (other.asked_at - other.head_start, other.position) <= (one.asked_at - one.head_start, one.position)
  ) END AS place`;

/** How its node was stands beside what was asked for, under a name that no change has. */
const columns = `one.position, one.change - 'before' AS change, one.change -> 'before' AS before, one.lease_until, one.waiting_reason, one.ask_again_at, one.token,
  one.granted_at, one.soak, one.ended`;

/** The table of 0017_changes_of_others.sql, 0022_soaks.sql and 0026_rollouts.sql. */
export class PostgresChangeBook implements ChangeBook {
  readonly #context: JournalContext;
  readonly #grants: Grants;
  /** Ends that come together go together, each change once. */
  readonly #ends = new Together<Ending, boolean>(
    (ends) => this.#writeEnds(ends),
    eachOnce(({ id }) => id),
  );

  constructor(context: JournalContext) {
    this.#context = context;
    this.#grants = new Grants(context);
  }

  async keep(change: Change, headStartMs: number): Promise<ChangeRow> {
    const { id, key, owner, node, askedAt, leaseMs } = change;
    const { database } = this.#context;
    const kept = [storableText(owner), storableText(key)];
    await database.query({
      name: 'change-keep',
      text: `INSERT INTO journal.change
          (id, owner, idempotency_key, node_key, change, status, asked_at, head_start, lease_ms, lease_until)
        VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
      values: [
        id,
        ...kept,
        node ?? null,
        storableJson(change),
        askedAt,
        headStartMs,
        leaseMs,
        askedAt + leaseMs,
      ],
    });
    const [row] = await this.#read('one.owner = $2 AND one.idempotency_key = $3', kept);
    if (row === undefined) throw new RangeError(`change id ${id} is that of another change`);
    return rowOf(row);
  }

  grant(id: ChangeId, ask: Parameters<ChangeBook['grant']>[1]): Promise<GrantAnswer> {
    return this.#grants.grant(id, ask);
  }

  async wait(
    id: ChangeId,
    { reason, line, askAgainAt, keepsNothing }: Parameters<ChangeBook['wait']>[1],
  ): Promise<void> {
    await this.#context.database.query({
      name: 'change-wait',
      text: `UPDATE journal.change SET waiting_reason = $2, waiting_line = $3, ask_again_at = $4,
          kept_lines = CASE WHEN $5 THEN NULL ELSE kept_lines END
        WHERE id = $1 AND status = 'waiting'`,
      values: [id, storableText(reason), line ?? null, askAgainAt, keepsNothing === true],
    });
  }

  async noteHealth(id: ChangeId, seen: SeenHealth): Promise<void> {
    await this.#context.database.query({
      name: 'change-note-health',
      text: `UPDATE journal.change SET change = change || jsonb_build_object('before', $2::jsonb)
        WHERE id = $1 AND status = 'waiting'`,
      values: [id, storableJson(seen)],
    });
  }

  watchRoom(): NewsReader {
    return this.#context.notices.work.newReader();
  }

  async extend(id: ChangeId, now: number): Promise<boolean> {
    const rows = await this.#context.database.query({
      name: 'change-extend',
      text: `UPDATE journal.change SET lease_until = greatest(lease_until, $2 + lease_ms)
        WHERE id = $1 AND status IN ('waiting', 'granted') AND lease_until > $2 RETURNING id`,
      values: [id, now],
    });
    return rows.length > 0;
  }

  end(id: ChangeId, end: Ending['end']): Promise<boolean> {
    return this.#ends.add({ id, end });
  }

  async takeBack(now: number): Promise<readonly ChangeRow[]> {
    const rows = await this.#context.database.query<StoredRow & { readonly released: unknown }>({
      name: 'change-take-back',
      text: `WITH lapsed AS (
          SELECT id FROM journal.change WHERE status IN ('waiting', 'granted') AND lease_until <= $1
          ORDER BY id COLLATE "C" FOR UPDATE SKIP LOCKED
        ), over AS (
          UPDATE journal.change AS one SET status = 'ended', waiting_line = NULL, ended = jsonb_build_object(
            'how', CASE one.status WHEN 'granted' THEN 'lost' ELSE 'abandoned' END, 'by', 'faultline', 'at', $1::bigint)
          FROM lapsed WHERE one.id = lapsed.id RETURNING ${columns}, one.id
        ), released AS (
          SELECT journal.release_changes(ids) FROM (SELECT array_agg(id) AS ids FROM over) AS every WHERE ids IS NOT NULL
        ) SELECT over.*, NULL AS place FROM over WHERE (SELECT count(*) FROM released) IS NOT NULL ORDER BY position`,
      values: [now],
    });
    if (rows.length > 0) this.#context.notices.committed(['command']);
    return rows.map(rowOf);
  }

  async soaking(): Promise<readonly SoakingChange[]> {
    const rows = await this.#context.database.query<SoakingRow & Record<string, unknown>>({
      name: 'changes-soaking',
      text: `SELECT ${columns}, NULL AS place, process.process_id, process.fault_type
        FROM journal.change AS one LEFT JOIN LATERAL (
          SELECT process_id, fault_type FROM journal.process
          WHERE node_key = one.node_key AND started_at > (one.soak #>> '{said,at}')::bigint AND workflow <> 'reclaim'
          ORDER BY started_at LIMIT 1
        ) AS process ON true
        WHERE one.status = 'soaking' ORDER BY (one.soak ->> 'until')::bigint, one.position`,
    });
    return rows.map(soakingOf);
  }

  async endSoak(id: ChangeId, end: Parameters<ChangeBook['endSoak']>[1]): Promise<boolean> {
    const rows = await this.#context.database.query({
      name: 'change-end-soak',
      text: `WITH over AS (
          UPDATE journal.change SET status = 'ended', ended = $2 WHERE id = $1 AND status = 'soaking' RETURNING id
        ) SELECT journal.release_changes(ARRAY[id]) FROM over`,
      values: [id, storableJson(end)],
    });
    if (rows.length > 0) this.#context.notices.committed(['command']);
    return rows.length > 0;
  }

  async granted(operation?: Operation): Promise<readonly ChangeRow[]> {
    const rows = await this.#read(
      `one.status = 'granted' AND ($2::text IS NULL OR one.change ->> 'operation' = $2) ORDER BY one.position DESC`,
      [operation ?? null],
    );
    return rows.map(rowOf);
  }

  async find(id: ChangeId): Promise<ChangeRow | undefined> {
    const [row] = await this.#read('one.id = $2', [id]);
    return row === undefined ? undefined : rowOf(row);
  }

  async list({ open, node, after, limit }: ChangesQuery): Promise<Page<ChangeRow>> {
    const rows = await this.#read(
      `($2::boolean IS NULL OR (one.status <> 'ended') = $2) AND ($3::text IS NULL OR one.node_key = $3)
        AND ($4::bigint IS NULL OR one.position < $4) ORDER BY one.position DESC LIMIT $5`,
      [open ?? null, node ?? null, after ?? null, limit],
    );
    return pageByPosition(rows, limit, rowOf);
  }

  async #writeEnds(ends: readonly Ending[]): Promise<readonly boolean[]> {
    const [row] = await this.#context.database.query<{ over: readonly string[] | null }>({
      name: 'changes-end',
      text: 'SELECT journal.end_changes($1::jsonb) AS over',
      values: [storableJson(ends)],
    });
    const over = new Set(row?.over ?? []);
    if (over.size > 0) this.#context.notices.committed(['command']);
    return ends.map(({ id }) => over.has(id));
  }

  #read(where: string, values: readonly unknown[]): Promise<readonly StoredRow[]> {
    const { database, options } = this.#context;
    return database.query<StoredRow & Record<string, unknown>>({
      text: `SELECT ${columns}, ${place} FROM journal.change AS one WHERE ${where}`,
      values: [options.clock.now(), ...values],
    });
  }
}

function soakingOf(row: SoakingRow): SoakingChange {
  const { change, soak, process_id: processId, fault_type: faultType } = row;
  return {
    ...rowOf(row),
    ...{ change, soak },
    ...(processId === null || faultType === null ? {} : { faultSince: { processId, faultType } }),
  };
}

function rowOf(row: StoredRow): ChangeRow {
  const { waiting_reason: reason, ask_again_at: askAgainAt, token, granted_at: at } = row;
  const { before, soak, ended } = row;
  const isWaiting = reason !== null && askAgainAt !== null && token === null && ended === null;
  return {
    change: row.change,
    leaseUntil: row.lease_until,
    ...(isWaiting
      ? { waiting: { reason, askAgainAt, ...(row.place === null ? {} : { place: row.place }) } }
      : {}),
    ...(token === null || at === null ? {} : { granted: { token, at } }),
    ...(before === null ? {} : { before }),
    ...(soak === null ? {} : { soak }),
    ...(ended === null ? {} : { ended }),
  };
}
