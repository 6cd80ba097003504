import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpGate, type SeenExchange } from '../../../chaos/gates/http-gate.js';

let upstream: Server;
let gate: HttpGate;
let served: string[];
let exchanges: SeenExchange[];

beforeEach(async () => {
  served = [];
  exchanges = [];
  upstream = createServer((request, response) => {
    served.push(`${request.method ?? ''} ${request.url ?? ''}`);
    request.resume();
    response.writeHead(request.url === '/no' ? 409 : 201, { 'x-told': 'yes' });
    response.end('done');
  });
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
  const address = upstream.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  gate = await HttpGate.start({
    upstream: `http://127.0.0.1:${port}`,
    onExchange: (exchange) => exchanges.push(exchange),
  });
});

afterEach(async () => {
  await gate.stop();
  await new Promise((closed) => upstream.close(closed));
});

const post = (path: string): Promise<Response> =>
  fetch(`${gate.url}${path}`, { method: 'POST', body: 'order' });

/** Resolves with what had been served when it sprang. */
function caught(at: 'request' | 'answer'): Promise<readonly string[]> {
  return new Promise((resolve) => {
    gate.trapDoor.arm({
      at,
      matches: ({ method }) => method === 'POST',
      spring: () => {
        resolve([...served]);
      },
    });
  });
}

describe('given no trap', () => {
  it('then requests and answers pass, and are told', async () => {
    const answer = await post('/yes?now=1');
    expect([answer.status, answer.headers.get('x-told'), await answer.text()]).toEqual([201, 'yes', 'done']);
    expect(exchanges).toMatchObject([{ method: 'POST', path: '/yes?now=1', body: 'order', status: 201 }]);
  });
});

describe('given a trap for requests', () => {
  it('when one comes, then it springs once, the server never hears of it, and the next one passes', async () => {
    const sprung = caught('request');
    await expect(post('/yes')).rejects.toThrow();
    expect(await sprung).toEqual([]);
    expect(served).toEqual([]);
    expect((await post('/yes')).status).toBe(201);
  });
});

describe('given a trap for answers', () => {
  it('when something was done, then it springs, and who asked never hears that it was', async () => {
    const sprung = caught('answer');
    await expect(post('/yes')).rejects.toThrow();
    expect(await sprung).toEqual(['POST /yes']);
    expect(exchanges).toMatchObject([{ status: 201 }]);
  });

  it('when it was refused, then nothing was done, and the trap waits on', async () => {
    const sprung = caught('answer');
    expect((await post('/no')).status).toBe(409);
    await expect(post('/yes')).rejects.toThrow();
    expect(await sprung).toEqual(['POST /no', 'POST /yes']);
  });
});
