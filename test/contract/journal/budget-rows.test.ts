import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import pg from 'pg';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Decide } from '../../../domain/decision.js';
import { claimCommand, issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, report, resultOf, starting } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

let copy: OpenJournal;
let claimant: pg.Client;
beforeEach(async () => {
  const connectionString = await server.createDatabase();
  copy = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
  claimant = new pg.Client({ connectionString });
  await claimant.connect();
});
afterEach(async () => {
  await claimant.end();
  await copy.close();
});

const now = new TestClock().now();
const held = budgetOf('isolate/in-flight/a', 1, 'returned');

it('no batch waits for a budget row: while a claim holds all of them, processes begin, end with what they hold, and take back what waits in lines', async () => {
  // given a process that holds the budget, and two that wait for it
  const names = ['n1', 'n2', 'n3'].map(nodeNamed);
  const [holds, waits, next] = names.map((node) => commandOf(node, 1, 'isolateNode'));
  if (holds === undefined || waits === undefined || next === undefined) throw new Error('three');
  await issueCommands(copy, [holds, waits, next]);
  expect(await claimCommand(copy, holds.id, { now, budgets: [held] })).toMatchObject({ kind: 'claimed' });
  await copy.commands.settle(resultOf(holds), now);
  for (const { id } of [waits, next]) {
    expect(await claimCommand(copy, id, { now, budgets: [held] })).toMatchObject({ why: 'full' });
    await copy.commands.postpone(id, { until: now + 60_000, reason: 'BudgetFull', line: held.line });
  }
  await claimant.query('BEGIN');
  const { rowCount } = await claimant.query('SELECT FROM journal.budget FOR UPDATE');
  expect(rowCount).toBe(1);
  // when
  const over: Decide = (state, input) => ({
    ...ending(state, input),
    revoke: state.node === waits.node ? [waits.id] : [],
  });
  const ended = await copy.journal.advance(
    batch(
      [holds.node, waits.node].map((node) => report(node)),
      { decide: over },
    ),
  );
  const fresh = nodeNamed('n4');
  const begun = await copy.journal.advance(
    batch([report(fresh)], { decide: starting([commandOf(fresh, 1, 'isolateNode')]) }),
  );
  // then
  expect([ended, begun]).toMatchObject([
    { decided: 2, parked: 0 },
    { decided: 1, parked: 0 },
  ]);
  const [row] = await copy.history.commands(waits.processId);
  expect(row?.status).toBe('revoked');
  await claimant.query('ROLLBACK');
  expect(await copy.commands.releaseEnded()).toBe(1);
  expect(await claimCommand(copy, next.id, { now, budgets: [held] })).toMatchObject({ kind: 'claimed' });
});
