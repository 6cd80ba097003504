import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { partitionOfKey } from '../../../../adapters/event-log/partition-of-key.js';
import { systemClock } from '../../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../../adapters/memory/event-log.js';
import { bundledSchemaIds } from '../../../../adapters/schema-registry/bundled.js';
import type { FleetPlace, History } from '../../../../adapters/ports/journal.js';
import { subscribeToStream } from '../../../../packages/client/src/stream-subscription.js';
import { serverSentEvents, type ServerSentEvent } from '../../../../packages/protocols/server-sent-events.js';
import type { Fact } from '../../../../domain/fact.js';
import type { NodeKey } from '../../../../domain/identifiers.js';
import { emptyNodeState } from '../../../../domain/node-state.js';
import { topicsOf } from '../../../../schemas/catalog.js';
import { eventRoutes } from '../../../../services/console/events/event-routes.js';
import { EventStreams } from '../../../../services/console/events/event-streams.js';
import { ConsoleRefusal } from '../../../../services/console/forms/problem.js';
import { NodeLabels } from '../../../../services/node-labels.js';
import { fates } from '../../published-fates.js';
import { fault, idOf } from '../../published-fault.js';

const schemaIds = bundledSchemaIds();
const heartbeatMs = 50;
let log: MemoryEventLog;
let facts: Pick<Fact, 'version' | 'at'>[] = [];
let shown: () => { readonly streams: number; readonly lagMs: number };
let states: History['states'];
let places: readonly FleetPlace[] = [];
let cutOff = 0;
let url = '';
let stop: () => Promise<void>;

let publishedFacts: History['publishedFacts'];

async function serve({ ringBytes = 4_000_000, maximumStreams = 10, stallMs = 60_000 } = {}): Promise<void> {
  const server = fastify({ forceCloseConnections: true });
  const streams = new EventStreams({
    eventLog: log,
    schemaIds,
    clock: systemClock,
    ringBytes,
    heartbeatMs,
    stallMs,
    maximumStreams,
    journal: {
      history: { publishedFacts: (query) => publishedFacts(query) },
      source: '/faultline/t/maintenance',
    },
    metrics: {
      eventStreams: (look) => (shown = look),
      eventsStreamed: () => undefined,
      streamCutOff: () => (cutOff += 1),
    },
  });
  server.setErrorHandler((error: unknown, _request, reply) =>
    error instanceof ConsoleRefusal ? reply.code(400).send({ message: error.message }) : reply.send(error),
  );
  eventRoutes(server, {
    streams,
    history: {
      facts: (_node, { fromVersion }) =>
        Promise.resolve(facts.filter(({ version }) => version >= fromVersion) as Fact[]),
      states: (query) => states(query),
    },
    eventLog: log,
    labels: new NodeLabels({
      inventory: { places: () => Promise.resolve(places) },
      kept: () => ({
        clusters: [{ name: 'a', poolLabel: 'pool', zoneLabel: 'zone' }],
        guard: { labels: ['rack'] },
      }),
      clock: systemClock,
      onError: (error) => {
        throw error;
      },
    }),
    present: { epoch: 1, now: () => Date.now() },
    onError: (error) => {
      throw error;
    },
  });
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/v1/events`;
  stop = () => server.close();
}

beforeEach(async () => {
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(3));
  facts = [];
  states = () => Promise.resolve({ rows: [] });
  publishedFacts = () => Promise.resolve({ facts: () => [], next: undefined });
  cutOff = 0;
});
afterEach(async () => {
  await stop();
  await log.close();
});

interface Listener {
  /** Those that are events. */
  readonly heard: ServerSentEvent[];
  /** Id of whatever came last. */
  readonly last: () => string;
  readonly ended: Promise<void>;
  leave(): void;
}

async function listen(query = '', lastEventId?: string): Promise<Listener> {
  const leaving = new AbortController();
  const leave = (): void => {
    leaving.abort();
  };
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const answer = await fetch(`${url}${query}`, { headers, signal: leaving.signal });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const heard: ServerSentEvent[] = [];
  let last = '';
  const reading = async (): Promise<void> => {
    if (answer.body === null) return;
    for await (const event of serverSentEvents(answer.body)) {
      last = event.id;
      if (event.data !== '') heard.push(event);
    }
  };
  const ended = reading().catch(() => undefined);
  // The first word comes when its place has been found.
  if (!query.includes('until')) await expect.poll(() => last).not.toBe('');
  return { heard, last: () => last, ended, leave };
}

/** Asks, and reads nothing of the answer. */
async function neverRead(query: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`GET ${pathname}${query} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  return socket.pause();
}

const stateOf = (node: string, version: number) => ({ ...emptyNodeState(node as NodeKey), version });
const idsIn = ({ heard }: Listener): readonly string[] => heard.map(({ id }) => id.split(';')[0] ?? '');
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('GET /v1/events', () => {
  it('gives what is published from now on as CloudEvents, under the id that it has everywhere', async () => {
    await serve();
    await log.append([await fault('a/n1', 1)]);
    const listener = await listen();
    await log.append([await fault('a/n1', 2), await fault('a/n2', 1)]);
    await expect.poll(() => listener.heard).toHaveLength(2);
    expect(idsIn(listener).toSorted()).toEqual([idOf('a/n1', 2), idOf('a/n2', 1)]);
    const [event] = listener.heard.filter(({ id }) => id.startsWith('a/n1'));
    expect(event?.name).toBe('FaultChanged');
    expect(JSON.parse(event?.data ?? '')).toMatchObject({
      specversion: '1.0',
      id: idOf('a/n1', 2),
      type: 'dev.faultline.FaultChanged',
      subject: 'a/n1',
      sequence: '000001.000000000002',
      topic: 'fault.hardware',
      datacontenttype: 'application/json',
      data: { cluster: 'a', node: 'n1', type: 'DiskFailure', change: 'OPENED' },
    });
  });

  it('gives only what was asked for', async () => {
    await serve();
    const listener = await listen('?node=a/n2&type=CpuFailure');
    await log.append([
      await fault('a/n1', 1, { type: 'CpuFailure' }),
      await fault('a/n2', 1),
      await fault('a/n2', 2, { type: 'CpuFailure' }),
    ]);
    await expect.poll(() => idsIn(listener)).toEqual([idOf('a/n2', 2)]);
  });

  it('gives what accounts for the reports of many nodes to whoever asked for one of them, whichever its key is', async () => {
    places = ['r1', 'r2', 'r3'].map((rack, index) => ({
      ...{ node: `a/n${index + 1}` as NodeKey, pool: 'gpu', zone: 'default', labels: { rack } },
    }));
    await serve();
    const wishes = ['node=a/n3', 'cluster=b', 'labelSelector=rack%3Dr2'];
    const live = await Promise.all(wishes.map((wish) => listen(`?topic=fault.report-fates&${wish}`)));
    const others = await listen('?topic=fault.report-fates&node=a/n9');
    await log.append([await fates(['a/n1', 'a/n2', 'a/n3', 'b/n4'])]);
    for (const { heard } of live) await expect.poll(() => heard).toHaveLength(1);
    for (const wish of wishes) {
      const past = await listen(`?from=beginning&until=now&topic=fault.report-fates&${wish}`);
      await past.ended;
      expect(past.heard.map(({ name }) => name)).toEqual(['ReportsDecided', 'end']);
    }
    expect(others.heard).toEqual([]);
  });

  it('tells the present of all nodes first, then all that changes: whoever compares sequences misses nothing and doubles nothing', async () => {
    await serve();
    const nodes = range(1, 30).map((number) => `a/n${number}`);
    const journal = new Map(nodes.map((node) => [node, 0]));
    /** Decides first, and publishes a while later. */
    const change = async (): Promise<void> => {
      for (const node of nodes) journal.set(node, (journal.get(node) ?? 0) + 1);
      const decided = [...journal];
      await pause(3);
      await log.append(await Promise.all(decided.map(([node, version]) => fault(node, version))));
    };
    states = async ({ after }) => {
      await pause(20);
      const from = after === undefined ? 0 : nodes.indexOf(after) + 1;
      const rows = nodes.slice(from, from + 3).map((node) => stateOf(node, journal.get(node) ?? 0));
      const last = nodes[from + 2] ?? '';
      return { rows, ...(from + 3 < nodes.length ? { next: last } : {}) };
    };
    await change();
    const reading = listen('?snapshot=true');
    for (let turn = 0; turn < 40; turn += 1) await change();
    const { heard } = await reading;
    const latest = new Map<string, number>();
    const take = (): readonly string[] => {
      latest.clear();
      const gaps: string[] = [];
      for (const { name, data } of heard) {
        if (name === 'snapshot-end') continue;
        const said = JSON.parse(data) as {
          readonly cluster: string;
          readonly node: string;
          readonly subject: string;
          readonly sequence: string;
        };
        const node = name === 'NodeState' ? `${said.cluster}/${said.node}` : said.subject;
        const version = Number(said.sequence.split('.')[1]);
        const known = latest.get(node);
        if (known !== undefined && version <= known) continue;
        if (known !== undefined && version !== known + 1) gaps.push(`${node} ${known} ${version}`);
        latest.set(node, version);
      }
      return gaps;
    };
    await expect
      .poll(() => [take(), [...latest].toSorted()], { timeout: 20_000 })
      .toEqual([[], [...journal].toSorted()]);
    const names = heard.map(({ name }) => name);
    expect(names.slice(0, 31)).toEqual([...nodes.map(() => 'NodeState'), 'snapshot-end']);
    const versions = heard
      .slice(0, 30)
      .map(({ data }) => (JSON.parse(data) as { readonly factVersion: number }).factVersion);
    // Nodes changed while they were read: otherwise this tried nothing.
    expect(new Set(versions).size).toBeGreaterThan(1);
  });

  it('tells of those nodes only that were asked for, and nothing to whoever comes again from behind it', async () => {
    await serve();
    states = () => Promise.resolve({ rows: ['a/n1', 'a/n2', 'b/n1'].map((node) => stateOf(node, 7)) });
    const listener = await listen('?snapshot=true&cluster=a');
    await expect
      .poll(() => listener.heard.map(({ name }) => name))
      .toEqual(['NodeState', 'NodeState', 'snapshot-end']);
    expect(JSON.parse(listener.heard[0]?.data ?? '')).toMatchObject({
      node: 'n1',
      sequence: '000001.000000000007',
    });
    const again = await listen('?snapshot=true&cluster=a', listener.last());
    await log.append([await fault('a/n1', 8)]);
    await expect.poll(() => idsIn(again)).toEqual([idOf('a/n1', 8)]);
  });

  it('tells the client of subscribers the present, then what is not in it', async () => {
    await serve();
    states = () => Promise.resolve({ rows: ['a/n1', 'a/n2'].map((node) => stateOf(node, 7)) });
    const heard: string[] = [];
    const ends: number[] = [];
    const subscription = subscribeToStream({
      url: new URL(url).origin,
      query: { snapshot: 'true' },
      onEvent: ({ id }) => void heard.push(id),
      onSnapshotEnd: (nodes) => void ends.push(nodes),
    });
    await expect.poll(() => ends).toEqual([2]);
    await log.append([await fault('a/n1', 7), await fault('a/n1', 8)]);
    await expect.poll(() => heard).toEqual(['a/n1@1.7/NodeState', 'a/n2@1.7/NodeState', idOf('a/n1', 8)]);
    await subscription.stop();
  });

  it('joins the past and the present with no gap, none twice, and in order per node', async () => {
    await serve();
    const nodes = ['a/n1', 'a/n2', 'a/n3', 'a/n4', 'a/n5'];
    const publish = async (versions: readonly number[]): Promise<void> => {
      for (const version of versions)
        await log.append(await Promise.all(nodes.map((node) => fault(node, version))));
    };
    await publish(range(1, 300));
    const before = await listen();
    const publishing = publish(range(301, 600));
    const late = await listen('?from=beginning');
    await publishing;
    await expect.poll(() => late.heard.length).toBeGreaterThanOrEqual(600 * nodes.length);
    for (const node of nodes) {
      const versions = range(1, 600).map((version) => idOf(node, version));
      expect(idsIn(late).filter((id) => id.startsWith(`${node}@`))).toEqual(versions);
      await expect
        .poll(() => idsIn(before).filter((id) => id.startsWith(`${node}@`)))
        .toEqual(versions.slice(300));
    }
  });

  it('ends by itself when told until when', async () => {
    await serve();
    await log.append([await fault('a/n1', 1), await fault('a/n2', 1)]);
    const listener = await listen('?from=beginning&until=now');
    await listener.ended;
    expect(listener.heard.pop()?.name).toBe('end');
    expect(idsIn(listener).toSorted()).toEqual([idOf('a/n1', 1), idOf('a/n2', 1)]);
  });

  it.each(['of this process', 'of another process'])('goes on where a stream %s ended', async (which) => {
    await serve();
    const first = await listen();
    await log.append([await fault('a/n1', 1), await fault('a/n2', 1)]);
    await expect.poll(() => first.heard).toHaveLength(2);
    first.leave();
    await log.append([await fault('a/n1', 2), await fault('a/n2', 2)]);
    if (which === 'of another process') {
      await stop();
      await serve();
    }
    const second = await listen('', first.heard[0]?.id);
    await log.append([await fault('a/n1', 3)]);
    for (const id of [idOf('a/n1', 2), idOf('a/n2', 2), idOf('a/n1', 3)])
      await expect.poll(() => idsIn(second)).toContain(id);
  });

  it('goes on after an event that came by another way, by its id in the journal', async () => {
    await serve();
    await log.append([await fault('a/n1', 7), await fault('a/n1', 8)]);
    facts = [{ version: 7, at: Date.now() - 5 }];
    const listener = await listen('', idOf('a/n1', 7));
    await expect.poll(() => idsIn(listener)).toContain(idOf('a/n1', 8));
  });

  it.each([
    ['in memory', 4_000_000],
    ['in the log', 1],
  ])(
    'begins at a place of a partition that is %s, and tells nothing of it that stands before',
    async (_where, ringBytes) => {
      await serve({ ringBytes });
      const other = await listen();
      await log.append(await Promise.all(range(1, 4).map((version) => fault('a/n1', version))));
      await expect.poll(() => idsIn(other)).toHaveLength(4);
      const place = `fault.hardware/${partitionOfKey('a/n1', 3)}`;
      // The end is what was appended before.
      await pause(2);
      const past = await listen(`?from=${place}/2&until=now`);
      await past.ended;
      expect(past.heard.pop()?.name).toBe('end');
      expect(idsIn(past)).toEqual([idOf('a/n1', 3), idOf('a/n1', 4)]);
      const live = await listen(`?from=${place}/3`);
      await expect.poll(() => idsIn(live)).toEqual([idOf('a/n1', 4)]);
      const next = await listen(`?from=${place}/4&topic=fault.hardware&node=a/n1`);
      await log.append([await fault('a/n1', 5)]);
      await expect.poll(() => idsIn(next)).toEqual([idOf('a/n1', 5)]);
      log.trim('fault.hardware', partitionOfKey('a/n1', 3), 2n);
      const gone = await fetch(`${url}?from=${place}/1`);
      expect(await gone.json()).toMatchObject({
        message: `from: ${place}/1: the log has forgotten what was before 2`,
      });
    },
  );

  it('moves what a subscriber goes on from also when nothing comes that it wants', async () => {
    await serve();
    const listener = await listen('?type=CpuFailure');
    const before = listener.last();
    expect(before).toMatch(/^;\d+$/);
    await log.append([await fault('a/n1', 1)]);
    // Partitions on which nothing came are looked at every five seconds.
    await expect.poll(() => listener.last(), { timeout: 15_000 }).not.toBe(before);
    expect(listener.heard).toEqual([]);
  }, 20_000);

  it('passes over what a stream does not want without losing its place, nor taking it for slow', async () => {
    await serve({ ringBytes: 20_000 });
    const picky = await listen('?node=a/n2');
    for (const version of range(1, 200)) await log.append([await fault('a/n1', version)]);
    expect(shown()).toMatchObject({ lagMs: 0 });
    await log.append([await fault('a/n1', 201), await fault('a/n2', 1), await fault('a/n1', 202)]);
    await log.append([await fault('a/n2', 2)]);
    await expect.poll(() => idsIn(picky)).toEqual([idOf('a/n2', 1), idOf('a/n2', 2)]);
    expect(cutOff).toBe(0);
  });

  it('cuts off who is too slow, with where to go on, and holds up nobody', async () => {
    await serve({ ringBytes: 300_000 });
    const reason = 'x'.repeat(20_000);
    const quick = await listen();
    const leaving = new AbortController();
    const { body } = await fetch(url, { signal: leaving.signal });
    const slow = body?.[Symbol.asyncIterator]();
    await expect.poll(() => shown().streams).toBe(2);
    // More than connections hold on both sides.
    for (const version of range(1, 1_000)) {
      await log.append([await fault('a/n1', version, { reason })]);
      if (version % 5 === 0) await expect.poll(() => quick.heard.length, { interval: 1 }).toBe(version);
    }
    await expect.poll(() => shown().streams, { timeout: 10_000 }).toBe(1);
    const got: ServerSentEvent[] = [];
    const rest = { [Symbol.asyncIterator]: () => slow ?? [][Symbol.iterator]() } as AsyncIterable<Uint8Array>;
    try {
      for await (const event of serverSentEvents(rest)) got.push(event);
    } catch {
      // It was cut.
    }
    const [last] = got.slice(-1);
    const missed = await listen('', last?.id);
    await expect.poll(() => idsIn(missed).at(-1), { timeout: 10_000 }).toBe(idOf('a/n1', 1_000));
    const all = new Set([...got.map(({ id }) => id.split(';')[0]), ...idsIn(missed)]);
    for (const version of range(1, 1_000)) expect(all).toContain(idOf('a/n1', version));
    expect(got.length).toBeLessThan(1_000);
  }, 60_000);

  it.each([
    // As many as may read the log at once.
    ['the past', '?from=beginning', 8],
    ['the present of all nodes', '?snapshot=true', 1],
  ])(
    'cuts off who never takes anything of %s, so that others get their turn',
    async (_what, query, count) => {
      await serve({ stallMs: 200 });
      const reason = 'x'.repeat(20_000);
      // More than connections hold on both sides.
      for (const versions of [range(1, 500), range(501, 1_000)])
        await log.append(await Promise.all(versions.map((version) => fault('a/n1', version, { reason }))));
      const names = range(1, 100).map((number) => `a/n${number}`);
      states = () => Promise.resolve({ rows: names.map((node) => stateOf(node, 7)), next: names[0] ?? '' });
      await log.append([await fault('a/n2', 1)]);
      const stalled = await Promise.all(range(1, count).map(() => neverRead(query)));
      await expect.poll(() => [shown().streams, cutOff], { timeout: 10_000 }).toEqual([0, count]);
      for (const socket of stalled) socket.destroy();
      const served = await listen('?from=beginning&until=now&node=a/n2');
      await served.ended;
      expect(served.heard.map(({ name }) => name)).toEqual(['FaultChanged', 'end']);
    },
    30_000,
  );

  it('is heard of while the past is read and nothing is found', async () => {
    await serve();
    await log.append([await fault('a/n1', 1), await fault('a/n1', 2)]);
    const answering = new AbortController();
    log.trim('fault.hardware', partitionOfKey('a/n1', 3), 2n);
    publishedFacts = async () => {
      await systemClock.waitUntil(Infinity, answering.signal);
      return { facts: () => [], next: undefined };
    };
    const leaving = new AbortController();
    const { body } = await fetch(`${url}?from=beginning&node=a/n1`, { signal: leaving.signal });
    const comments: string[] = [];
    for await (const bytes of body ?? []) {
      comments.push(Buffer.from(bytes as Uint8Array).toString());
      if (comments.length >= 2) break;
    }
    expect(comments.join('').startsWith(':\n\n:\n\n')).toBe(true);
    leaving.abort();
    answering.abort();
  });

  it('is heard of while the present is read and nothing is there yet', async () => {
    await serve();
    const answering = new AbortController();
    states = async () => {
      await systemClock.waitUntil(Infinity, answering.signal);
      return { rows: [] };
    };
    const leaving = new AbortController();
    const { body } = await fetch(`${url}?snapshot=true`, { signal: leaving.signal });
    const heard: string[] = [];
    for await (const bytes of body ?? []) {
      heard.push(Buffer.from(bytes as Uint8Array).toString());
      if (heard.length >= 2) answering.abort();
      if (heard.join('').includes('snapshot-end')) break;
    }
    expect(heard.join('').startsWith(':\n\n:\n\n')).toBe(true);
    leaving.abort();
  });

  it('tells of nodes with the labels asked for, and of those whose labels nobody knows', async () => {
    places = ['r1', 'r2'].map((rack, index) => ({
      ...{ node: `a/n${index + 1}` as NodeKey, pool: 'gpu', zone: 'default', labels: { rack } },
    }));
    await serve();
    await log.append(await Promise.all(['a/n1', 'a/n2', 'a/gone'].map((node) => fault(node, 1))));
    const heardOf = async (selector: string): Promise<readonly string[]> => {
      const asked = `?from=beginning&until=now&labelSelector=${encodeURIComponent(selector)}`;
      const listener = await listen(asked);
      await listener.ended;
      listener.heard.pop();
      return idsIn(listener).toSorted();
    };
    expect(await heardOf('rack in (r1, r3),pool=gpu,!zone')).toEqual([idOf('a/gone', 1), idOf('a/n1', 1)]);
    expect(await heardOf('rack!=r1')).toEqual([idOf('a/gone', 1), idOf('a/n2', 1)]);
  });

  it('says goodbye to who was too slow for a while', async () => {
    await serve({ ringBytes: 100_000 });
    const reason = 'x'.repeat(200_000);
    const listener = await listen();
    await log.append(await Promise.all(range(1, 50).map((version) => fault('a/n1', version, { reason }))));
    await listener.ended;
    const goodbye = listener.heard.at(-1);
    expect(goodbye?.name).toBe('cut-off');
    expect(JSON.parse(goodbye?.data ?? '')).toMatchObject({
      resume: expect.stringContaining(';') as unknown,
    });
    expect(cutOff).toBe(1);
  });

  it.each([
    ['?class=hardwear', 'class, value 1: "hardwear" is none of'],
    ['?klass=hardware', 'klass is no parameter'],
    ['?labelSelector=gpu', 'labelSelector: the label gpu is not kept of nodes: add it to guard.labels'],
    ['?labelSelector=rack%20is%20r1', 'labelSelector: "rack is r1" is none of label=value'],
    ['?topic=fault.hardware&topic=fault.system', 'topic is given several times'],
    ['?from=yesterday', 'from: "yesterday" is no time'],
    ['?from=beginning&until=2999-01-01T00:00:00Z', 'until: "2999-01-01T00:00:00Z" lies ahead'],
    ['?until=now', 'without `from`'],
    ['?from=1', 'from: "1" is no time'],
    ['?from=2026-02-31', 'from: "2026-02-31" is no time'],
    ['?from=2999-01-01T00:00:00Z', 'from: "2999-01-01T00:00:00Z" lies ahead'],
    ['?from=fault.hardware/0/7', 'from: fault.hardware/0/7: the next record will be 0'],
    ['?from=fault.hardware/3/0', 'from: fault.hardware/3/0: there is no such partition'],
    ['?from=fault.reports/0/0', 'from: fault.reports/0/0: there is no topic fault.reports to hear'],
  ])('%s is refused, and it is said where', async (query, problem) => {
    await serve();
    const answer = await fetch(`${url}${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { message: string }).message).toContain(problem);
  });

  it.each([
    'what; is this',
    'a/n1@1.7/FaultChanged',
    'f00',
    ';99999999999999',
    'a/n1@1.7/FaultChanged;99999999999999',
  ])('refuses to go on from "%s"', async (id) => {
    await serve();
    const answer = await fetch(url, { headers: { 'last-event-id': id } });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { message: string }).message).toContain('Last-Event-ID');
  });

  it('refuses to go on from a place in the log, and says why', async () => {
    await serve();
    const answer = await fetch(url, { headers: { 'last-event-id': 'fault.hardware/1/3' } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      message:
        'Last-Event-ID: "fault.hardware/1/3" is a place in the log, which does not say how far all the others were read',
    });
  });

  it('takes no more subscribers than it can serve', async () => {
    await serve({ maximumStreams: 1 });
    await listen();
    expect((await fetch(url)).ok).toBe(false);
  });
});
