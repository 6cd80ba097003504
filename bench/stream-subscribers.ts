// A process of its own: subscribers of `GET /v1/events` that note when each event is here, so that they take no time from who
// serves or publishes. Told what to do by messages of its parent (`subscriber-process.ts`).
import { connect, type Socket } from 'node:net';
import type { Arrivals, SubscriberOrder, SubscriberWord } from './subscriber-process.js';

/** `id: <node>@1.<number>/<event>;<time>`: the number is the bench's own. */
const idLine = /^id: \S*@1\.(\d+)\//gm;

let sockets: Socket[] = [];
let numbers: number[] = [];
let times: number[] = [];

function say(word: SubscriberWord): void {
  process.send?.(word);
}

/** Looks through what has come for ids; what follows the last line break may be half of one. */
function listener(): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const at = Number(process.hrtime.bigint()) / 1_000_000;
    const text = rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    for (const [, number] of text.slice(0, end).matchAll(idLine)) {
      numbers.push(Number(number));
      times.push(at);
    }
    rest = text.slice(end);
  };
}

/** Resolves when it has heard its first word, after which every event comes. */
function subscribe(host: string, port: number, query: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.write(`GET /v1/events?${query} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    });
    const listen = listener();
    socket.on('data', (chunk) => {
      // The head alone says nothing.
      if (/^id: ;/m.test(chunk.toString('latin1'))) resolve(socket);
      listen(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (sockets.includes(socket)) say({ lost: true });
    });
  });
}

async function open(url: string, queries: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  for (const query of queries) sockets.push(await subscribe(hostname, Number(port), query));
  say({ open: sockets.length });
}

function close(): void {
  const leaving = sockets;
  sockets = [];
  for (const socket of leaving) socket.destroy();
  const arrivals: Arrivals = { numbers: Float64Array.from(numbers), times: Float64Array.from(times) };
  numbers = [];
  times = [];
  say({ arrivals });
}

process.on('message', (order: SubscriberOrder) => {
  if (order === 'close') close();
  else
    open(order.url, order.queries).catch((error: unknown) => {
      say({ failed: String(error) });
    });
});
process.once('disconnect', () => process.exit());
