import { expect, it, vi } from 'vitest';

import { readEvents } from '../../cli/read-events.js';
import type { ServerClient } from '../../cli/server-client.js';
import { testTerminal } from './run-command.js';

const line = (id: string): string =>
  `id: ${id};7\ndata: ${JSON.stringify({ id, source: 's', type: 't' })}\n\n`;

/** Each connection gives its text, and then breaks or ends. */
function serverWith(
  connections: readonly { readonly text: string; readonly breaks?: true; readonly hangs?: true }[],
) {
  const asked: (string | undefined)[] = [];
  async function* body({ text, breaks, hangs }: (typeof connections)[number]): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(Buffer.from(text));
    if (hangs === true) await new Promise(() => undefined);
    if (breaks === true) throw new TypeError('terminated');
  }
  const client: Pick<ServerClient, 'url' | 'stream'> = {
    url: 'http://test',
    stream: (_path, _query, headers) => {
      asked.push(headers['last-event-id']);
      return Promise.resolve(body(connections[asked.length - 1] ?? { text: 'event: end\ndata: {}\n\n' }));
    },
  };
  return { client: client as ServerClient, asked };
}

async function idsOf(client: ServerClient, follow: boolean): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of readEvents(testTerminal().terminal, client, { query: {}, follow })) ids.push(id);
  return ids;
}

it('goes on where a broken stream was, and tells each event once', async () => {
  const { client, asked } = serverWith([
    { text: line('1') + line('2'), breaks: true },
    { text: `${line('2')}${line('3')}id: ;9\ndata:\n\nevent: cut-off\ndata: {}\n\n` },
  ]);
  expect(await idsOf(client, true)).toEqual(['1', '2', '3']);
  expect(asked).toEqual([undefined, '2;7', ';9']);
});

it('leaves a connection on which nothing comes for long, though nobody has ended it', async () => {
  vi.useFakeTimers();
  try {
    const { client, asked } = serverWith([{ text: line('1'), hangs: true }]);
    const ids = idsOf(client, true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ids).toEqual(['1']);
    expect(asked).toEqual([undefined, '1;7']);
  } finally {
    vi.useRealTimers();
  }
});

it('does not take a stream that broke for all that there was', async () => {
  const { client } = serverWith([{ text: line('1'), breaks: true }]);
  await expect(idsOf(client, false)).rejects.toThrow('before all had come');
});
