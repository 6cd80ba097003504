import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { heads } from '../../../adapters/postgres/journal/commands.js';
import { fillFleet, wideCounters } from '../../../bench/claim-fleet.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const waiting = 200;
const claims = 20;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** All that stand in line but the first; by a connection of its own, since reading is counted by connection. */
async function layToSleep(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(
    `UPDATE journal.command SET due_at = due_at + 60000 WHERE waiting_line IS NOT NULL AND id <> 'p-1.1.1'`,
  );
  await client.end();
}

it('given plans that were made while there was nothing, and many commands since, when some are claimed, then no more is read than if there were few (a claim took as long as the queue)', async () => {
  // given
  const connectionString = await server.createDatabase();
  const clock = new TestClock();
  const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString });
  const client = new pg.Client({ connectionString });
  await client.connect();
  const claim = async (number: number): Promise<unknown> => {
    const budgets = wideCounters.map((counter) => ({
      ...{ counter, line: counter, operation: 'isolate', cap: 10_000, until: 'returned' },
    }));
    const asked = JSON.stringify([{ id: `p-${number}.1.1`, guard: 0, budgets }]);
    const { rows } = await client.query<{ kind: string }>(
      'SELECT kind FROM journal.claim_in_lines($1, $2, $3, $4::jsonb)',
      ['me', Date.now(), Date.now() + 1_000, asked],
    );
    return rows[0]?.kind;
  };
  try {
    for (let time = 0; time < 6; time += 1) expect(await claim(0)).toBe('gone');
    await fillFleet(connectionString, { nodes: 2_000, waiting, claims: 1_800, isCounted: false });
    await layToSleep(connectionString);
    // when
    await client.query('BEGIN');
    for (let number = 1; number <= claims; number += 1) expect(await claim(waiting + number)).toBe('claimed');
    // Of a line in which all but the first sleep, each that leaves it wakes the next.
    for (let number = 1; number <= claims; number += 1) expect(await claim(number)).toBe('claimed');
    // then
    const { rows } = await client.query<{ table: string; whole: number; byIndex: number }>(
      `SELECT relname AS table, seq_tup_read::integer AS whole, coalesce(idx_tup_fetch, 0)::integer AS "byIndex"
        FROM pg_stat_xact_user_tables WHERE relname IN ('command', 'permit', 'change') ORDER BY 1`,
    );
    expect(rows.map(({ table, whole }) => [table, whole])).toEqual([
      ['change', 0],
      ['command', 0],
      ['permit', 0],
    ]);
    expect(Math.max(...rows.map(({ byIndex }) => byIndex))).toBeLessThan(2 * 10 * claims);
    await client.query('ROLLBACK');
  } finally {
    await client.end();
    await copy.close();
  }
});

it('given a plan that was made while nothing was open, and many commands since, when the first of each node are read, then each is read a few times (half of all were walked through for each)', async () => {
  // given
  const connectionString = await server.createDatabase();
  const copy = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
  const client = new pg.Client({ connectionString, options: '-c enable_seqscan=off' });
  await client.connect();
  const readHeads = async (): Promise<number> =>
    (
      await client.query({
        name: 'heads',
        text: `SELECT head.id FROM ${heads} AND head.due_at <= $1`,
        values: [4e12],
      })
    ).rows.length;
  try {
    for (let time = 0; time < 6; time += 1) expect(await readHeads()).toBe(0);
    await fillFleet(connectionString, { nodes: 2_000, waiting, claims, isCounted: false });
    // when
    await client.query('BEGIN');
    expect(await readHeads()).toBe(waiting + claims);
    // then
    const { rows } = await client.query<{ read: number }>(
      `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::integer AS read
        FROM pg_stat_xact_user_tables WHERE relname = 'command'`,
    );
    expect(rows[0]?.read).toBeLessThan(5 * (waiting + claims));
    await client.query('ROLLBACK');
  } finally {
    await client.end();
    await copy.close();
  }
});
