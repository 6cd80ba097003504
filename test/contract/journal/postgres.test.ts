import { afterAll, beforeAll, describe } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { advanceSuite } from './advance-suite.js';
import { commandsSuite } from './commands-suite.js';
import { defaultOptions, TestClock, type Harness } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';
import { lostInputSuite } from './lost-input-suite.js';
import { parkingSuite } from './parking-suite.js';
import { sendingSuite } from './sending-suite.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const harness: Harness = {
  installation: async () => {
    const clock = new TestClock();
    const connectionString = await server.createDatabase();
    const copies: OpenJournal[] = [];
    return {
      clock,
      open: async (options) => {
        const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString, ...options });
        copies.push(copy);
        return copy;
      },
      close: async () => {
        await Promise.all(copies.map((copy) => copy.close()));
      },
    };
  },
};

describe('the journal on PostgreSQL', () => {
  advanceSuite(() => harness);
  commandsSuite(() => harness);
  lostInputSuite(() => harness);
  parkingSuite(() => harness);
  sendingSuite(() => harness);
});
