import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TurnSocket } from '../../../adapters/postgres/journal/turn-socket.js';

let server: Server;
let received: string;

beforeEach(async () => {
  received = '';
  server = createServer((connection) => {
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      received += text;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
});

async function connected(): Promise<TurnSocket> {
  const socket = new TurnSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function statement(socket: TurnSocket, text: string): void {
  socket.cork();
  socket.write(text);
  socket.uncork();
}

describe('a socket that sends what is written in one turn as one', () => {
  it('given two statements in one turn, then neither leaves before the turn ends, and both arrive in order', async () => {
    const socket = await connected();
    statement(socket, 'a');
    statement(socket, 'b');
    expect(socket.writableLength).toBe(2);
    await expect.poll(() => received).toBe('ab');
    statement(socket, 'c');
    await expect.poll(() => received).toBe('abc');
    socket.destroy();
  });

  it('given a statement right before the end, then it still arrives', async () => {
    const socket = await connected();
    statement(socket, 'last');
    socket.end('.');
    await once(socket, 'finish');
    await expect.poll(() => received).toBe('last.');
    socket.destroy();
  });
});
