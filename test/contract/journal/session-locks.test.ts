import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SessionLocks } from '../../../adapters/postgres/journal/session-locks.js';
import { startTestServer, type TestServer } from './postgres-server.js';

/** As PostgreSQL refuses a connection while it starts. */
const startingUp = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0');
const refusal = Buffer.concat([Buffer.from('E'), Buffer.from([0, 0, 0, startingUp.length + 4]), startingUp]);

let postgres: TestServer;
let front: Server;
let settings: { readonly connectionString: string };
/** Of the server itself. */
let direct: { readonly connectionString: string };
/** Nothing goes through any more, and nobody is told. */
let silent = false;
/** The connection that was refused, which is not closed yet. */
let refused: Socket | undefined;
const ends: Socket[] = [];

beforeAll(async () => {
  postgres = await startTestServer();
  const url = new URL(await postgres.createEmptyDatabase());
  const port = Number(url.port);
  direct = { connectionString: url.href };
  front = createServer((client) => {
    client.on('error', () => undefined);
    if (refused === undefined) {
      refused = client;
      client.once('data', () => client.write(refusal));
      return;
    }
    const server = connect({ port, host: '127.0.0.1' });
    server.on('error', () => undefined);
    client.on('data', (bytes) => silent || server.write(bytes));
    server.on('data', (bytes) => silent || client.write(bytes));
    client.on('end', () => silent || server.end());
    server.on('end', () => silent || client.end());
    ends.push(client, server);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  url.port = String((front.address() as AddressInfo).port);
  settings = { connectionString: url.href };
}, 120_000);

afterAll(async () => {
  refused?.destroy();
  for (const end of ends) end.destroy();
  front.close();
  await postgres.stop();
});

it('given a connection that was refused and ends late, then a lock that was acquired since is held (nobody served that subscriber any more)', async () => {
  const locks = new SessionLocks(settings, 1);
  const others = new SessionLocks(settings, 1);
  try {
    await expect(locks.acquire(7)).rejects.toThrow('does not answer');
    const acquiring = locks.acquire(8);
    refused?.end();
    expect(await acquiring).toBe(true);
    await expect.poll(() => refused?.destroyed).toBe(true);
    expect([locks.isHeld(8), locks.isLost(8)]).toEqual([true, false]);
    expect(await others.acquire(8)).toBe(false);
    await locks.release(8);
    expect(await others.acquire(8)).toBe(true);
  } finally {
    await Promise.all([locks.close(), others.close()]);
  }
});

it('given a machine that died without a goodbye, then others get its locks within the lease, and not before it takes them for lost itself (they were held for as long as TCP waits)', async () => {
  const locks = new SessionLocks(settings, 2, 3_000);
  const others = new SessionLocks(direct, 2, 3_000);
  try {
    expect(await locks.acquire(7)).toBe(true);
    // Longer than a lease: signs of life keep it.
    await pause(4_000);
    expect([locks.isHeld(7), await others.acquire(7)]).toEqual([true, false]);
    silent = true;
    let heldByBoth = false;
    await expect
      .poll(
        async () => {
          const got = await others.acquire(7);
          heldByBoth ||= got && locks.isHeld(7);
          return got;
        },
        { timeout: 20_000, interval: 100 },
      )
      .toBe(true);
    expect(heldByBoth).toBe(false);
    expect(locks.isLost(7)).toBe(true);
  } finally {
    await Promise.all([locks.close(), others.close()]);
    silent = false;
  }
}, 60_000);
