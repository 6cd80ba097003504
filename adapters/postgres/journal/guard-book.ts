import { commandCatalog, commandTypes } from '../../../domain/command.js';
import type { PauseId } from '../../../domain/identifiers.js';
import type { MetricJudgement, MetricVerdict, StandingVerdict } from '../../../domain/metric-verdict.js';
import type { EndOfPause, Incident, Pause, Verdict } from '../../../domain/pause.js';
import { storableJson } from '../../journal/storable.js';
import { pageByPosition } from '../../journal/pages.js';
import type {
  AnsweredIncident,
  CasesQuery,
  FaultCase,
  GuardBook,
  GuardPresent,
  PauseRow,
  WaitingForLeave,
  WaitingQuery,
} from '../../ports/guard-book.js';
import type { Where } from '../../../domain/where.js';
import type { Page } from '../../ports/journal.js';
import { heads } from './commands.js';
import type { Database } from './database.js';
import { recordJudgement, recordedVerdicts, standingVerdicts } from './metric-verdicts.js';

const needsLeave = commandTypes.filter((type) => commandCatalog[type].permit !== undefined);

interface StoredPause extends Record<string, unknown> {
  readonly position: number;
  readonly pause: Pause;
  readonly ended: EndOfPause | null;
}

interface StoredCase extends Omit<FaultCase, 'reporter' | 'enteredAt'> {
  readonly reporter: string | null;
  readonly enteredAt: number | null;
}

/** SQL: processes and from when on they count, `at`. $1: so many ms or later. */
const begunProcesses = 'SELECT process.*, started_at AS at FROM journal.process WHERE started_at >= $1';

/** Likewise. A process is decided in the transaction that issues its first command. */
const decidedProcesses = `SELECT process.*, greatest(started_at, decided_at) AS at
  FROM (
    SELECT * FROM journal.process WHERE started_at >= $1
    UNION ALL SELECT * FROM journal.process WHERE ended_at IS NULL AND started_at < $1
  ) AS process LEFT JOIN LATERAL (
    SELECT created_at AS decided_at FROM journal.command
    WHERE process.ended_at IS NULL AND command.process_id = process.process_id ORDER BY position LIMIT 1
  ) AS first ON true
  WHERE greatest(started_at, decided_at) >= $1`;

/** SQL: $2 at most, $3 only those that still run. */
function casesOf(processes: string): string {
  return `SELECT process.node_key AS node, process.process_id AS "processId", process.stage,
      process.fault_type AS "faultType", process.at,
      stored.state #>> ARRAY['faults', process.fault_type, 'sources', '0'] AS reporter,
      CASE WHEN process.ended_at IS NULL
        THEN (stored.state #>> '{process,context,enteredAt}')::bigint END AS "enteredAt"
    FROM (${processes}) AS process LEFT JOIN journal.node_state AS stored USING (node_key)
    WHERE process.workflow <> 'reclaim' AND (NOT $3 OR process.ended_at IS NULL)
    ORDER BY process.at, process.process_id COLLATE "C" LIMIT $2`;
}

function rowOf({ pause, ended }: StoredPause): PauseRow {
  return { pause, ...(ended === null ? {} : { ended }) };
}

/** The tables of 0016_pauses.sql and 0018_metric_verdicts.sql, and what the queue and the counters tell of the guard. */
export class PostgresGuardBook implements GuardBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async present(): Promise<GuardPresent> {
    const [row] = await this.#database.query<{
      version: number;
      pauses: readonly Pause[];
      verdicts: readonly StandingVerdict[];
    }>({
      name: 'guard-present',
      text: `SELECT guard_version AS version, (
          SELECT coalesce(jsonb_agg(pause ORDER BY position), '[]') FROM journal.pause WHERE ended IS NULL
        ) AS pauses, ${standingVerdicts} AS verdicts FROM journal.installation`,
    });
    return { version: row?.version ?? 0, pauses: row?.pauses ?? [], verdicts: row?.verdicts ?? [] };
  }

  async begin(pause: Pause): Promise<boolean> {
    return this.#changes({
      text: `INSERT INTO journal.pause (id, key, pause) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING RETURNING id`,
      values: [pause.id, pause.key, storableJson(pause)],
    });
  }

  async update(id: PauseId, incident: Incident): Promise<boolean> {
    return this.#changes({
      text: `UPDATE journal.pause SET pause = jsonb_set(pause, '{incident}', $2)
        WHERE id = $1 AND ended IS NULL AND pause ? 'incident' AND NOT pause -> 'incident' ? 'denied' RETURNING id`,
      values: [id, storableJson(incident)],
    });
  }

  async deny(id: PauseId, verdict: Verdict): Promise<boolean> {
    return this.#changes({
      text: `UPDATE journal.pause SET pause = jsonb_set(pause, ARRAY[question, 'denied'], $2)
        FROM unnest('{incident,regression}'::text[]) AS question
        WHERE id = $1 AND ended IS NULL AND pause ? question AND NOT pause -> question ? 'denied' RETURNING id`,
      values: [id, storableJson(verdict)],
    });
  }

  async end(id: PauseId, end: EndOfPause): Promise<boolean> {
    return this.#changes({
      text: 'UPDATE journal.pause SET ended = $2 WHERE id = $1 AND ended IS NULL RETURNING id',
      values: [id, storableJson(end)],
    });
  }

  async answeredSince(since: number): Promise<readonly AnsweredIncident[]> {
    const rows = await this.#database.query<{ where: Where; at: number }>({
      name: 'guard-answered',
      text: `SELECT pause -> 'where' AS where, journal.pause_answered_at(pause, ended) AS at FROM journal.pause
        WHERE journal.pause_answered_at(pause, ended) >= $1 ORDER BY position`,
      values: [since],
    });
    return rows;
  }

  async find(id: PauseId): Promise<PauseRow | undefined> {
    const [row] = await this.#database.query<StoredPause>({
      text: 'SELECT position, pause, ended FROM journal.pause WHERE id = $1',
      values: [id],
    });
    return row === undefined ? undefined : rowOf(row);
  }

  async history({ after, limit }: Parameters<GuardBook['history']>[0]): Promise<Page<PauseRow>> {
    const rows = await this.#database.query<StoredPause>({
      text: `SELECT position, pause, ended FROM journal.pause
        WHERE $1::bigint IS NULL OR position < $1 ORDER BY position DESC LIMIT $2`,
      values: [after ?? null, limit],
    });
    return pageByPosition(rows, limit, rowOf);
  }

  judge(judgement: MetricJudgement): Promise<void> {
    return recordJudgement(this.#database, judgement);
  }

  verdicts(query: Parameters<GuardBook['verdicts']>[0]): Promise<Page<MetricVerdict>> {
    return recordedVerdicts(this.#database, query);
  }

  async cases({ since, active, byDecision, limit }: CasesQuery): Promise<readonly FaultCase[]> {
    const rows = await this.#database.query<StoredCase>({
      ...(byDecision === true
        ? { name: 'guard-cases-decided', text: casesOf(decidedProcesses) }
        : { name: 'guard-cases', text: casesOf(begunProcesses) }),
      values: [since, limit, active === true],
    });
    return rows.map(({ reporter, enteredAt, ...rest }) => ({
      ...rest,
      ...(reporter === null ? {} : { reporter }),
      ...(enteredAt === null ? {} : { enteredAt }),
    }));
  }

  async waiting({ node, limit, now }: WaitingQuery): Promise<readonly WaitingForLeave[]> {
    const rows = await this.#database.query<Omit<WaitingForLeave, 'place'> & { place: number | null }>({
      text: `WITH lined AS (
          -- The order is that of journal.others_come_first: of the same rank our own commands go first.
          SELECT id, row_number() OVER (PARTITION BY waiting_line ORDER BY rank, is_change, position) AS place
          FROM (
            SELECT id, waiting_line, journal.command_rank(created_at, head_start, attempts) AS rank, false AS is_change, position
            FROM journal.command WHERE status = 'waiting' AND waiting_line IS NOT NULL
            UNION ALL
            SELECT id, waiting_line, asked_at - head_start, true, position
            FROM journal.change WHERE status = 'waiting' AND waiting_line IS NOT NULL AND lease_until > $4
          ) AS waiting
        )
        SELECT head.id AS "commandId", head.process_id AS "processId", head.node_key AS node,
          head.command ->> 'type' AS type, head.command ->> 'faultType' AS "faultType",
          head.waiting_reason AS reason, lined.place, head.created_at AS "waitingSince", head.due_at AS "askedAgainAt"
        FROM (SELECT * FROM ${heads}) AS head LEFT JOIN lined USING (id)
        WHERE head.status = 'waiting' AND head.waiting_reason IS NOT NULL AND head.command ->> 'type' = ANY ($1::text[])
          AND ($2::text IS NULL OR head.node_key = $2)
        ORDER BY journal.command_rank(head.created_at, head.head_start, head.attempts), head.position LIMIT $3`,
      values: [needsLeave, node ?? null, limit, now],
    });
    return rows.map(({ place, ...rest }) => ({ ...rest, ...(place === null ? {} : { place }) }));
  }

  async counters(): ReturnType<GuardBook['counters']> {
    return this.#database.query<{ counter: string; used: number }>({
      text: 'SELECT counter, used FROM journal.budget WHERE used > 0 ORDER BY counter COLLATE "C"',
    });
  }

  async #changes(statement: Parameters<Database['query']>[0]): Promise<boolean> {
    return (await this.#database.query(statement)).length > 0;
  }
}
