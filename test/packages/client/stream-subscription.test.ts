import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultlineEvent } from '../../../packages/client/src/event.js';
import { subscribeToStream, type StreamOptions } from '../../../packages/client/src/stream-subscription.js';
import { someEvent } from './some-event.js';

/** What each connection is answered with, in order; the last one again and again. */
let answers: ((response: ServerResponse) => void)[] = [];
const requests: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
let url = '';
const server = createServer((request, response) => {
  requests.push({ url: request.url ?? '', headers: request.headers });
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(response);
});

beforeEach(async () => {
  requests.length = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** As the server gives it: `id` is where to go on. */
function line(sequence: string, goOnAt: string): string {
  const { type, id, node, topic, partition, offset, source, data } = someEvent(sequence);
  const event = { specversion: '1.0', type: `dev.faultline.${type}`, subject: node, sequence, data };
  const json = JSON.stringify({
    ...event,
    id,
    source,
    topic,
    partition,
    offset,
    time: new Date(1).toISOString(),
  });
  return `id: ${goOnAt}\nevent: ${type}\ndata: ${json}\n\n`;
}

/** As the server tells the present first: states have no id. */
function state(node: string, sequence: string, more: object = {}): string {
  const listed = { cluster: 'a', node, health: 'healthy', faults: [], factVersion: 1, sequence };
  return `event: NodeState\ndata: ${JSON.stringify({ ...listed, changedAt: new Date(7).toISOString(), ...more })}\n\n`;
}

const snapshotEnd = (nodes: number, goOnAt: string): string =>
  `id: ${goOnAt}\nevent: snapshot-end\ndata: ${JSON.stringify({ nodes })}\n\n`;

const ended = 'event: end\ndata: {}\n\n';
const streamed =
  (text: string, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'text/event-stream' });
    response.end(text);
  };

function subscribe(options: Partial<StreamOptions> = {}) {
  const heard: FaultlineEvent[] = [];
  const checkpoints: string[] = [];
  const subscription = subscribeToStream({
    url,
    onEvent: (event) => void heard.push(event),
    onCheckpoint: (id) => void checkpoints.push(id),
    ...options,
  });
  return { subscription, heard, checkpoints };
}

describe('given a stream of events by HTTP', () => {
  it('gives the same events as a topic does, and ends with the stream', async () => {
    answers = [streamed(line('1', 'one') + line('2', 'two') + ended)];
    const { subscription, heard, checkpoints } = subscribe({
      query: { type: 'DiskFailure', until: 'now' },
      headers: () => ({ authorization: 'Bearer t' }),
    });
    await subscription.ended;
    expect(heard).toEqual([someEvent('1'), someEvent('2')]);
    expect(checkpoints).toEqual(['one', 'two']);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe('/v1/events?type=DiskFailure&until=now');
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer t', accept: 'text/event-stream' });
  });

  it('goes on where it was when a stream breaks or is cut off, and what comes again is not delivered again', async () => {
    const cutOff = 'event: cut-off\ndata: {}\n\n';
    answers = [
      streamed(`${line('1', 'one')}id: quiet\ndata:\n\n`),
      streamed(`${line('1', 'one')}${line('2', 'two')}${cutOff}`),
      streamed('out of order', 503),
      streamed(line('3', 'three') + ended),
    ];
    const { subscription, heard } = subscribe({ lastEventId: 'before' });
    await subscription.ended;
    expect(heard.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      'before',
      'quiet',
      'two',
      'two',
    ]);
  });

  it('gives the present states first, as from Kafka, then says that these were all, then what is in none of them', async () => {
    const process = {
      ...{ processId: 'p-1', workflow: 'reboot', stage: 'recovering', mode: 'active' },
      startedAt: new Date(5).toISOString(),
    };
    answers = [
      streamed(
        state('n1', '2', { health: 'in-maintenance', faults: ['DiskFailure'], process }) +
          state('n2', '000001.000000000009', { health: 'well-rested' }) +
          snapshotEnd(2, 'behind') +
          line('1', 'one') +
          line('2', 'two') +
          line('3', 'three') +
          ended,
      ),
    ];
    const ends: number[] = [];
    const { subscription, heard, checkpoints } = subscribe({
      query: { snapshot: 'true' },
      onSnapshotEnd: (nodes) => void ends.push(nodes),
      onTrouble: (message) => {
        throw new Error(message);
      },
    });
    await subscription.ended;
    expect(heard.map(({ type, node, sequence }) => [type, node, sequence])).toEqual([
      ['NodeState', 'a/n1', '2'],
      ['NodeState', 'a/n2', '000001.000000000009'],
      ['FaultChanged', 'a/n1', '3'],
    ]);
    const [one, two] = heard;
    expect(one).toMatchObject({
      topic: 'node.state',
      time: 7,
      correlationId: 'p-1',
      data: {
        ...{ cluster: 'a', node: 'n1', health: 'IN_MAINTENANCE', faults: ['DiskFailure'], changedAt: 7 },
        process: { processId: 'p-1', mode: 'ACTIVE', startedAt: 5, waitingFor: null },
      },
    });
    expect(two).toMatchObject({ id: 'a/n2@1.9/NodeState', data: { health: 'UNKNOWN', process: null } });
    expect(ends).toEqual([2]);
    expect(checkpoints).toEqual(['behind', 'one', 'two', 'three']);
  });

  it('begins the present anew when the stream breaks in it, and gives no state twice', async () => {
    answers = [
      streamed(state('n1', '2') + state('n2', '4')),
      streamed(state('n1', '2') + state('n2', '5') + snapshotEnd(2, 'behind') + ended),
    ];
    const { subscription, heard, checkpoints } = subscribe({ query: { snapshot: 'true' } });
    await subscription.ended;
    expect(heard.map(({ node, sequence }) => [node, sequence])).toEqual([
      ['a/n1', '2'],
      ['a/n2', '4'],
      ['a/n2', '5'],
    ]);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, undefined]);
    expect(checkpoints).toEqual(['behind']);
  });

  it.each([
    ['{"cluster":"a"}', 'no-cloud-event'],
    ['half a recor', 'malformed'],
  ])('ends before %s, which is no event and never will be', async (data, reason) => {
    answers = [streamed(`id: x\nevent: NewerThanThis\ndata: ${data}\n\n${ended}`)];
    await expect(subscribe().subscription.ended).rejects.toMatchObject({ name: 'UnreadableRecord', reason });
  });

  it('moves its checkpoint past nothing that is not acknowledged', async () => {
    answers = [streamed(line('1', 'one') + line('2', 'two') + ended)];
    const { subscription, checkpoints } = subscribe({
      acknowledge: 'manual',
      onEvent: ({ id }, delivery) => {
        if (id === '2') delivery.acknowledge();
      },
    });
    await subscription.ended;
    expect(checkpoints).toEqual([]);
  });

  it('ends with what the server said when it refuses', async () => {
    answers = [streamed('{"detail":"colour is no parameter"}', 400)];
    const { subscription } = subscribe({ query: { colour: 'red' } });
    await expect(subscription.ended).rejects.toThrow(/answered 400: .*colour is no parameter/);
    expect(requests).toHaveLength(1);
  });

  it('ends before an event that the server could not read, unless told to go past it', async () => {
    const { source, topic, partition, offset } = someEvent('1');
    const bytes = Buffer.from('odd').toString('base64');
    const about = {
      specversion: '1.0',
      id: 'x',
      source,
      topic,
      partition,
      offset,
      type: 'dev.faultline.FaultChanged',
    };
    answers = [
      streamed(
        `id: x\ndata: ${JSON.stringify({ ...about, data_base64: bytes })}\n\n${line('2', 'two')}${ended}`,
      ),
    ];
    await expect(subscribe().subscription.ended).rejects.toMatchObject({
      name: 'UnreadableRecord',
      reason: 'malformed',
      record: { topic, offset, value: Buffer.from('odd') },
    });
    const skipping = subscribe({ onUnreadable: () => 'skip' });
    await skipping.subscription.ended;
    expect(skipping.heard.map(({ id }) => id)).toEqual(['2']);
  });

  it('stops when told to, though the stream goes on', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(line('1', 'one'));
      },
    ];
    const { subscription, heard, checkpoints } = subscribe();
    await expect.poll(() => heard.length).toBe(1);
    await subscription.stop();
    await subscription.ended;
    expect(checkpoints).toEqual(['one']);
  });
});
