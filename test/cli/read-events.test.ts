import { expect, it } from 'vitest';

import { readEvents } from '../../cli/read-events.js';
import type { ServerClient } from '../../cli/server-client.js';
import { testTerminal } from './run-command.js';

const line = (id: string): string =>
  `id: ${id};7\ndata: ${JSON.stringify({ id, source: 's', type: 't' })}\n\n`;

/** Each connection gives its text, and then breaks or ends. */
function serverWith(connections: readonly { readonly text: string; readonly breaks?: true }[]) {
  const asked: (string | undefined)[] = [];
  async function* body({ text, breaks }: (typeof connections)[number]): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(Buffer.from(text));
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

it('does not take a stream that broke for all that there was', async () => {
  const { client } = serverWith([{ text: line('1'), breaks: true }]);
  await expect(idsOf(client, false)).rejects.toThrow('before all had come');
});
