import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { advanceSuite } from './advance-suite.js';
import { archiveSuite } from './archive-suite.js';
import { budgetsSuite } from './budgets-suite.js';
import { changesSuite } from './changes-suite.js';
import { commandsSuite } from './commands-suite.js';
import { guardHistorySuite } from './guard-history-suite.js';
import { guardPoliciesSuite } from './guard-policies-suite.js';
import { guardSuite } from './guard-suite.js';
import { linesSuite } from './lines-suite.js';
import { batch, nodeNamed, report } from './decisions.js';
import { deadLettersSuite } from './dead-letters-suite.js';
import { defaultOptions, TestClock, type Harness } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';
import { lostInputSuite } from './lost-input-suite.js';
import { fenceSuite } from './fence-suite.js';
import { forgottenSuite } from './forgotten-suite.js';
import { madeAgainSuite } from './made-again-suite.js';
import { nodeStatesSuite } from './node-states-suite.js';
import { parkingSuite } from './parking-suite.js';
import { positionsSuite } from './positions-suite.js';
import { repeatsSuite } from './repeats-suite.js';
import { sendingSuite } from './sending-suite.js';
import { webhooksSuite } from './webhooks-suite.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const harness: Harness = {
  installation: async () => {
    const clock = new TestClock();
    const connectionString = await server.createDatabase();
    const copies: (OpenJournal & OpenWebhooks)[] = [];
    return {
      clock,
      open: async (options) => {
        const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString, ...options });
        copies.push(copy);
        return copy;
      },
      close: async () => {
        await Promise.all(copies.map((copy) => copy.close()));
        await server.giveBackDatabase(connectionString);
      },
    };
  },
};

describe('the journal on PostgreSQL', () => {
  advanceSuite(() => harness);
  archiveSuite(() => harness, 6);
  commandsSuite(() => harness);
  budgetsSuite(() => harness);
  linesSuite(() => harness);
  guardSuite(() => harness);
  guardPoliciesSuite(() => harness);
  guardHistorySuite(() => harness);
  changesSuite(() => harness);
  deadLettersSuite(() => harness);
  lostInputSuite(() => harness);
  fenceSuite(() => harness, 25);
  forgottenSuite(() => harness);
  madeAgainSuite(() => harness, 12);
  nodeStatesSuite(() => harness);
  parkingSuite(() => harness);
  positionsSuite(() => harness);
  repeatsSuite(() => harness, 15);
  sendingSuite(() => harness);
  webhooksSuite(() => harness);
});

it('a journal that no other process uses tells nobody else, and still wakes its own waiters', async () => {
  const connectionString = await server.createDatabase();
  const copy = await openPostgresJournal({
    ...defaultOptions(new TestClock()),
    connectionString,
    alone: true,
  });
  try {
    await Promise.all([copy.outbox.unsent([0], 10), copy.outbox.unsent([1], 10)]);
    const never = new AbortController().signal;
    const woken = Promise.race([copy.outbox.awaitEntries([0], never), copy.outbox.awaitEntries([1], never)]);
    await copy.journal.advance(batch([report(nodeNamed('n1'))]));
    await woken;
    const listeners = await server.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'faultline-notices'
        AND datname = '${new URL(connectionString).pathname.slice(1)}'`,
    );
    expect(listeners).toEqual([]);
  } finally {
    await copy.close();
  }
});
