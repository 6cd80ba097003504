import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import { anyLength, connectionSettings, Database } from '../../../adapters/postgres/journal/database.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let postgres: TestServer;
let front: Server;
let connectionString: string;
/** Nothing goes through any more on the connections that there are, and nobody is told. */
let isSilent = false;
const ends: Socket[] = [];

beforeAll(async () => {
  postgres = await startTestServer();
  const url = new URL(await postgres.createEmptyDatabase());
  const port = Number(url.port);
  front = createServer((client) => {
    const server = connect({ port, host: '127.0.0.1' });
    let vanishes = false;
    const pass = (to: Socket) => (bytes: Buffer) => {
      vanishes ||= isSilent;
      if (!vanishes) to.write(bytes);
    };
    client.on('data', pass(server));
    server.on('data', pass(client));
    for (const end of [client, server]) end.on('error', () => undefined);
    client.on('close', () => server.destroy());
    ends.push(client, server);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  url.port = String((front.address() as AddressInfo).port);
  connectionString = url.href;
}, 120_000);

afterAll(async () => {
  for (const end of ends) end.destroy();
  front.close();
  await postgres.stop();
});

it('given a way on which everything vanishes, then whoever asks the journal is told, and the next is answered (all stood still for as long as TCP waits)', async () => {
  const database = new Database(
    { ...connectionSettings({ connectionString, name: 'test' }), query_timeout: 1_000 },
    1,
  );
  try {
    expect(await database.query({ text: 'SELECT 1 AS one' })).toEqual([{ one: 1 }]);
    isSilent = true;
    await expect(database.query({ text: 'SELECT 2' })).rejects.toThrow(JournalUnavailable);
    isSilent = false;
    expect(await database.query({ text: 'SELECT 3 AS three' })).toEqual([{ three: 3 }]);
    const transaction = database.transaction(async (within) => {
      await within.query({ text: 'SELECT 4' });
      isSilent = true;
      return { result: undefined, last: [{ text: 'SELECT 5' }] };
    });
    await expect(transaction).rejects.toThrow();
    isSilent = false;
    expect(await database.query({ text: 'SELECT 6 AS six' })).toEqual([{ six: 6 }]);
  } finally {
    isSilent = false;
    await database.close();
  }
});

it('given a statement that is longer than all others may be, then it is waited for where that is said', async () => {
  const database = new Database(
    { ...connectionSettings({ connectionString, name: 'test' }), query_timeout: 500 },
    1,
  );
  try {
    const long = { text: 'SELECT pg_sleep(1)' };
    await expect(database.query(long)).rejects.toThrow(JournalUnavailable);
    expect((await database.pool.query({ ...long, ...anyLength })).rowCount).toBe(1);
  } finally {
    await database.close();
  }
});

it('the server gives up a statement before its client does: then what it did not do is known', () => {
  const { query_timeout: client, statement_timeout: server } = connectionSettings({
    connectionString,
    name: 'test',
  });
  expect(client).toBeGreaterThan(Number(server));
});
