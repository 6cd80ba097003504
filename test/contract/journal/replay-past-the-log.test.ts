import { afterAll, beforeAll } from 'vitest';

import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { pastTheLogSuite } from '../../services/webhooks/past-the-log-suite.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

pastTheLogSuite(async () => {
  const connectionString = await server.createDatabase();
  return (options) => openPostgresJournal({ ...options, connectionString });
});
