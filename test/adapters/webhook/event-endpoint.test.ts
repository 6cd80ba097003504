import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import type { EventEndpoint } from '../../../adapters/ports/event-endpoint.js';
import { openEventEndpoint } from '../../../adapters/webhook/event-endpoint.js';

const servers: Server[] = [];
const endpoints: EventEndpoint[] = [];
afterEach(async () => {
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function endpoint(url: string, timeoutMs = 5_000): EventEndpoint {
  const opened = openEventEndpoint({ url, timeoutMs, connections: 2 });
  endpoints.push(opened);
  return opened;
}

const post = (to: EventEndpoint) =>
  to.post({ 'content-type': 'application/json', 'ce-id': 'a/n1@1' }, Buffer.from('{}'));

describe('the endpoint of a subscriber by webhook', () => {
  it('is given headers and body as they are', async () => {
    const heard: unknown[] = [];
    const url = await serve((request, response) => {
      const { method, headers } = request;
      request.on('data', (chunk: Buffer) => heard.push(method, headers['ce-id'], chunk.toString()));
      request.on('end', () => response.writeHead(204).end());
    });
    expect(await post(endpoint(url))).toEqual({ kind: 'answered', status: 204, text: '' });
    expect(heard).toEqual(['POST', 'a/n1@1', '{}']);
  });

  it('that answers 200 too late has not answered', async () => {
    const url = await serve((_request, response) => {
      setTimeout(() => response.writeHead(200).end(), 60_000).unref();
    });
    expect(await post(endpoint(url, 200))).toEqual({ kind: 'timeout' });
  });

  it('that says 200 in time and then never ends has said yes', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200).write('and so on');
    });
    expect(await post(endpoint(url, 300))).toEqual({ kind: 'answered', status: 200, text: 'and so on' });
  });

  it('is not believed when it sends to another address: nothing is sent there', async () => {
    let went = 0;
    const elsewhere = await serve((_request, response) => {
      went += 1;
      response.writeHead(200).end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_request, response) => {
        response.writeHead(status, { location: elsewhere }).end();
      });
      expect(await post(endpoint(url))).toEqual({ kind: 'answered', status, location: elsewhere, text: '' });
    }
    expect(went).toBe(0);
  });

  it('may say as much as it likes: only the beginning is looked at', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(500);
      const say = (): void => {
        while (response.write('no. '.repeat(1_000)) && !response.destroyed);
        response.once('drain', say);
      };
      say();
    });
    const answer = await post(endpoint(url));
    expect(answer).toMatchObject({ kind: 'answered', status: 500 });
    expect(answer.kind === 'answered' && answer.text).toHaveLength(300);
  });

  it('that nobody listens at, or that breaks off, is unreachable', async () => {
    const gone = await serve(() => undefined);
    servers.at(-1)?.close();
    const refused = await post(endpoint(gone));
    expect(refused.kind === 'unreachable' && refused.reason).toContain('ECONNREFUSED');
    const breaking = await serve((request) => request.socket.destroy());
    expect(await post(endpoint(breaking))).toMatchObject({ kind: 'unreachable' });
  });

  it('tells when it wants to be asked again', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end('busy'),
    );
    expect(await post(endpoint(url))).toEqual({
      kind: 'answered',
      status: 503,
      retryAfter: '7',
      text: 'busy',
    });
  });
});
