import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Command } from '../../../domain/command.js';
import { claimCommand, issueCommands } from './claiming.js';
import { budgetOf, commandOf, nodeNamed, resultOf } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it('given a copy that runs the release before, then it counts on the same budgets', async () => {
  // given
  const connectionString = await server.createDatabase();
  const clock = new TestClock();
  const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString });
  const older = new pg.Client({ connectionString });
  await older.connect();
  const counter = 'isolate/in-flight/a';
  const claimAsBefore = async ({ id }: Command): Promise<unknown> => {
    const asked = JSON.stringify([{ id, budgets: [{ counter, cap: 1, until: 'settled' }] }]);
    const now = clock.now();
    const { rows } = await older.query<{ kind: string; refused_by: string | null }>(
      'SELECT kind, refused_by FROM journal.claim_commands($1, $2, $3, $4::jsonb)',
      ['older', now, now + 100, asked],
    );
    return rows[0];
  };
  const [first, second] = [commandOf(nodeNamed('n1'), 1), commandOf(nodeNamed('n2'), 1)];
  try {
    await issueCommands(copy, [first, second]);
    // when
    expect(await claimAsBefore(first)).toEqual({ kind: 'claimed', refused_by: null });
    // then
    expect(await claimAsBefore(second)).toEqual({ kind: 'refused', refused_by: counter });
    const budgets = [budgetOf(counter, 1, 'settled')];
    expect(await claimCommand(copy, second.id, { now: clock.now(), budgets })).toEqual({
      kind: 'refused',
      why: 'full',
      counter,
    });
    const permits = await older.query('SELECT command_id, counter, operation FROM journal.permit');
    expect(permits.rows).toEqual([{ command_id: first.id, counter, operation: 'isolate' }]);
    await copy.commands.settle(resultOf(first), clock.now());
    expect(await claimAsBefore(second)).toMatchObject({ kind: 'claimed' });
  } finally {
    await older.end();
    await copy.close();
  }
});
