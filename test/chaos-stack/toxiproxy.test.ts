import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../stack/free-port.js';
import { startToxiproxy, type ToxiproxyStack } from '../../stack/toxiproxy.js';

let folder: string;
let server: Server;
let toxiproxy: ToxiproxyStack;
let url: string;
let asked = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-toxiproxy-'));
  server = createServer((_, response) => {
    asked += 1;
    response.end('here');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const upstreamPort = typeof address === 'object' && address !== null ? address.port : 0;
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  toxiproxy = await startToxiproxy({ folder, routes: [{ name: 'way', port, upstreamPort }], seed: 1 });
}, 300_000);

afterAll(async () => {
  await toxiproxy.stop();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(folder, { recursive: true, force: true });
});

/** Over a connection of its own: one that is kept from before is ended when the way is healed. */
async function ask(patienceMs = 10_000): Promise<string> {
  const response = await new Promise<IncomingMessage>((answered, failed) => {
    request(url, { agent: false, signal: AbortSignal.timeout(patienceMs) }, answered)
      .on('error', failed)
      .end();
  });
  return text(response);
}

it('given a way that is cut, then nobody gets through until it is whole again', async () => {
  expect(await ask()).toBe('here');
  await toxiproxy.enable('way', false);
  await expect(ask()).rejects.toThrow();
  await toxiproxy.enable('way', true);
  expect(await ask()).toBe('here');
});

it('given a way that is half dead, then what is asked arrives and its answer does not, until it is healed', async () => {
  await toxiproxy.poison('way', { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } });
  const before = asked;
  await expect(ask(1_000)).rejects.toThrow();
  expect(asked).toBe(before + 1);
  await toxiproxy.heal('way');
  expect(await ask()).toBe('here');
});

it('given a way that is slow, then answers come all the same', async () => {
  await toxiproxy.poison('way', {
    type: 'latency',
    stream: 'upstream',
    attributes: { latency: 100, jitter: 50 },
  });
  expect(await ask()).toBe('here');
  await toxiproxy.heal('way');
});
