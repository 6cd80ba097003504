import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { batch, nodeNamed, report } from './decisions.js';
import { defaultOptions, TestClock, type Harness } from './harness.js';
import { journalSuites } from './journal-suites.js';
import { startTestServer, type TestServer } from './postgres-server.js';

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
  journalSuites(harness, { archive: 6, fence: 25, madeAgain: 12, repeats: 15 });
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
