import type { Command, CommandResult } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import { storableText } from '../../../schemas/storable-text.js';
import type { ClaimAnswer, CommandQueue, QueuedCommand } from '../../ports/journal.js';
import { Claims } from './claims.js';
import type { JournalContext } from './context.js';
import { issuedAs, Settlements, type Issued } from './settlements.js';

interface QueuedRow {
  readonly command: Command;
  readonly attempts: number;
  readonly unfinished: boolean;
  readonly created_at: number;
}

/**
 * Open commands that no earlier open command of their node stands before, and whose node is not parked. `position + 0` is found by no
 * index of positions: a plan that was made while nothing was open walked through one of them for each command.
 */
export const heads = `journal.command AS head
  WHERE head.status IN ('waiting', 'attempting') AND NOT EXISTS (
    SELECT FROM journal.command AS earlier
    WHERE earlier.node_key = head.node_key AND earlier.position + 0 < head.position
      AND earlier.status IN ('waiting', 'attempting'))
  AND NOT EXISTS (
    SELECT FROM journal.parked_node AS parked WHERE parked.node_key = head.node_key AND parked.kind = 'failed')`;

/** The queue in the table journal.command; claim and settlement are functions of the database, see the migrations. */
export class PostgresCommandQueue implements CommandQueue {
  readonly #context: JournalContext;
  readonly #claims: Claims;
  readonly #settlements: Settlements;
  /** Of commands seen here, what settling needs for the signal; a command never changes. */
  readonly #seen = new Map<CommandId, Issued>();

  constructor(context: JournalContext) {
    this.#context = context;
    this.#claims = new Claims(context);
    this.#settlements = new Settlements(context);
  }

  async claimable(now: number, limit: number): Promise<readonly QueuedCommand[]> {
    this.#context.notices.work.reading();
    const rows = await this.#context.database.query<QueuedRow & { position: number }>({
      name: 'command-claimable',
      text: `SELECT head.command, head.attempts, head.unfinished OR head.status = 'attempting' AS unfinished,
          head.created_at
        FROM ${heads} AND head.due_at <= $1
        ORDER BY journal.command_rank(head.created_at, head.head_start, head.attempts), head.position LIMIT $2`,
      values: [now, limit],
    });
    for (const { command } of rows) this.#seen.set(command.id, issuedAs(command));
    return rows.map((row) => ({
      command: row.command,
      attempts: row.attempts,
      unfinishedAttempt: row.unfinished,
      createdAt: row.created_at,
    }));
  }

  justIssued(now: number): Promise<readonly QueuedCommand[]> {
    const issued = this.#context.fresh.take(now);
    for (const { command } of issued) this.#seen.set(command.id, issuedAs(command));
    return Promise.resolve(issued);
  }

  async claim(id: CommandId, claim: Parameters<CommandQueue['claim']>[1]): Promise<ClaimAnswer> {
    const answer = await this.#claims.claim(id, claim);
    if (answer.kind === 'gone') this.#seen.delete(id);
    return answer;
  }

  async extend(id: CommandId, claim: Parameters<CommandQueue['extend']>[1]): Promise<boolean> {
    const rows = await this.#context.database.query({
      text: `UPDATE journal.command SET due_at = $3
        WHERE id = $1 AND status = 'attempting' AND claimed_by = $2 RETURNING id`,
      values: [id, claim.by, claim.now + claim.leaseMs],
    });
    return rows.length > 0;
  }

  async postpone(id: CommandId, wait: Parameters<CommandQueue['postpone']>[1]): Promise<void> {
    await this.#context.database.query({
      name: 'command-postpone',
      // An attempt of somebody else whose claim ran out stays one whose end nobody saw.
      text: `UPDATE journal.command SET status = 'waiting', due_at = $2, waiting_reason = $3, waiting_line = $6, kept_lines = NULL,
          unfinished = unfinished OR (status = 'attempting' AND claimed_by IS DISTINCT FROM $4::text)
        WHERE id = $1 AND (status = 'waiting'
          OR (status = 'attempting' AND (claimed_by = $4::text OR due_at <= $5)))`,
      values: [
        id,
        wait.until,
        storableText(wait.reason),
        wait.by ?? null,
        this.#context.options.clock.now(),
        wait.line ?? null,
      ],
    });
    this.#context.notices.committed(['command']);
  }

  async settle(result: CommandResult, now: number): Promise<boolean> {
    const id = result.commandId;
    const issued = this.#seen.get(id) ?? (await this.#issuedAs(id));
    if (issued === undefined) return false;
    const isSettled = await this.#settlements.settle({ result, issued, at: now });
    this.#seen.delete(id);
    return isSettled;
  }

  async releaseEnded(): Promise<number> {
    const [row] = await this.#context.database.query<{ released: number }>({
      text: `SELECT journal.release_permits(ARRAY[]::text[], ARRAY(
          SELECT DISTINCT permit.process_id FROM journal.permit
          JOIN journal.process ON process.process_id = permit.process_id
          WHERE process.ended_at IS NOT NULL AND permit.until <> 'never'
        ), ARRAY['settled', 'returned']) AS released`,
    });
    const released = row?.released ?? 0;
    // Some may have been woken by that.
    if (released > 0) this.#context.notices.committed(['command']);
    return released;
  }

  async nextDue(after: number): Promise<number | undefined> {
    const [row] = await this.#context.database.query<{ due_at: number | null }>({
      name: 'command-next-due',
      text: `SELECT min(head.due_at) AS due_at FROM ${heads} AND head.due_at > $1`,
      values: [after],
    });
    return row?.due_at ?? undefined;
  }

  awaitWork(signal: AbortSignal): Promise<void> {
    return this.#context.notices.work.wait(signal);
  }

  async #issuedAs(id: CommandId): Promise<Issued | undefined> {
    const [row] = await this.#context.database.query<{ command: Command }>({
      text: 'SELECT command FROM journal.command WHERE id = $1',
      values: [id],
    });
    return row === undefined ? undefined : issuedAs(row.command);
  }
}
