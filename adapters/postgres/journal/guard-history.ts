import { commandCatalog, commandTypes, type CommandType, type Operation } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { ownOwner } from '../../../domain/permit-request.js';
import type { GuardHistory, RecordedOperation } from '../../ports/guard-history.js';
import { borrow, giveBack } from '../lent-connection.js';
import { anyLength, type Database } from './database.js';
import { asJournalError } from './failures.js';
import { withoutNulls } from './nullable.js';

const rowsAtOnce = 2_000;
const operationOfType: ReadonlyMap<string, Operation> = new Map(
  commandTypes.flatMap((type: CommandType) => {
    const { permit } = commandCatalog[type];
    return permit === undefined ? [] : [[type, permit] as const];
  }),
);

/** A month is read at once, by somebody who has time: whole tables, and not by an index row by row. */
const sessionFor = [
  'BEGIN READ ONLY',
  'SET LOCAL enable_seqscan = on',
  'SET LOCAL statement_timeout = 0',
  'SET LOCAL transaction_timeout = 0',
];

const statement = `DECLARE asked NO SCROLL CURSOR FOR
  SELECT * FROM (
    SELECT command.id, command.process_id AS chain, command.command ->> 'type' AS type, command.node_key AS node,
      $3::text AS owner, command.command ->> 'faultType' AS "faultType", command.command ->> 'reporter' AS reporter,
      command.created_at AS "askedAt", command.head_start AS "headStartMs", taken.at AS "beganAt",
      settled.at AS "endedAt", process.ended_at AS "chainEndedAt"
    FROM journal.command AS command JOIN journal.process AS process USING (process_id)
    LEFT JOIN (
      SELECT command_id, min(taken_at) AS at FROM journal.permit GROUP BY command_id
    ) AS taken ON taken.command_id = command.id
    LEFT JOIN (
      SELECT data ->> 'commandId' AS id, min(at) AS at FROM journal.fact WHERE type = 'CommandSettled' GROUP BY 1
    ) AS settled ON settled.id = command.id
    WHERE command.command ->> 'type' = ANY ($2::text[]) AND command.command ->> 'mode' = 'active'
      AND (command.created_at >= $1 OR process.ended_at IS NULL OR process.ended_at >= $1)
      AND (command.status IN ('waiting', 'attempting') OR taken.at IS NOT NULL
        OR command.result ->> 'status' IN ('done', 'failed', 'unknown'))
    UNION ALL
    SELECT id, id, change ->> 'operation', node_key, owner, change ->> 'faultType', NULL, asked_at, head_start, granted_at,
      (ended ->> 'at')::bigint, (ended ->> 'at')::bigint
    FROM journal.change
    WHERE node_key IS NOT NULL AND (granted_at IS NOT NULL OR status <> 'ended')
      AND (asked_at >= $1 OR ended IS NULL OR (ended ->> 'at')::bigint >= $1)
  ) AS asked ORDER BY "askedAt", id COLLATE "C"`;

interface AskedRow extends Record<string, unknown> {
  readonly id: string;
  readonly chain: string;
  /** Of a command, or the operation of a change. */
  readonly type: string;
  readonly node: NodeKey;
  readonly owner: string;
  readonly faultType: string | null;
  readonly reporter: string | null;
  readonly askedAt: number;
  readonly headStartMs: number;
  readonly beganAt: number | null;
  readonly endedAt: number | null;
  readonly chainEndedAt: number | null;
}

/** Reads by a cursor: a month of a large fleet does not fit in memory. */
export class PostgresGuardHistory implements GuardHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *operations({ since }: Parameters<GuardHistory['operations']>[0]): AsyncGenerator<RecordedOperation> {
    const client = await borrow(this.#database.pool);
    let isBroken = true;
    try {
      for (const text of sessionFor) await client.query(text);
      await client.query(statement, [since, [...operationOfType.keys()], ownOwner]);
      for (;;) {
        const { rows } = await client.query<AskedRow>({
          text: `FETCH ${rowsAtOnce} FROM asked`,
          ...anyLength,
        });
        for (const row of rows) yield operationOf(row);
        if (rows.length < rowsAtOnce) break;
      }
      await client.query('ROLLBACK');
      isBroken = false;
    } catch (error) {
      throw asJournalError(error);
    } finally {
      // Whoever stops reading half-way leaves a transaction open: its connection goes with it.
      giveBack(client, isBroken);
    }
  }
}

function operationOf(row: AskedRow): RecordedOperation {
  const { type, node, owner, faultType, reporter, ...rest } = row;
  return {
    ...withoutNulls<Omit<RecordedOperation, 'request'>>(rest),
    request: {
      // A change says its operation itself.
      operation: operationOfType.get(type) ?? (type as Operation),
      ...{ node, owner },
      ...(faultType === null ? {} : { faultType }),
      ...(reporter === null ? {} : { reporter }),
    },
  };
}
