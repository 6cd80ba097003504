import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { MemoryStore } from '../../../adapters/memory/journal/store.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import { LogUnavailable, type EventLog, type LogRecord } from '../../../adapters/ports/event-log.js';
import type { NewOutboxEntry, Outbox } from '../../../adapters/ports/journal.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { decodeEvent, schemaOf } from '../../../schemas/codec.js';
import { unframe } from '../../../schemas/wire-format.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { runRelay } from '../../../services/relay/run-relay.js';
import { Workload } from '../../../services/workload.js';

const schemaIds = bundledSchemaIds();
const writer = createOutboxWriter({ source: '/faultline/test/maintenance', epoch: 1 });
const topic = 'maintenance.events';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const journalOptions = {
  clock: systemClock,
  randomness: systemRandomness,
  writer,
  partitionCount: 1,
  outboxPartitions: 2,
};

let log: MemoryEventLog;
let store: MemoryStore;
let stopping: AbortController;
let relays: Promise<void>[];

beforeEach(async () => {
  log = new MemoryEventLog({ clock: systemClock, maxRecordBytes: 10_000 });
  await log.ensureTopics(topicsOf(1));
  store = createMemoryStore(journalOptions);
  stopping = new AbortController();
  relays = [];
});

afterEach(async () => {
  stopping.abort();
  await Promise.all(relays);
  await log.close();
});

function outbox(): Outbox {
  return createMemoryJournal(journalOptions, store).outbox;
}

/** Tries again soon, however often it failed. */
const eager = { next: () => 0.01, uuid: () => systemRandomness.uuid() };

function relay(eventLog: EventLog = log, clock: Clock = systemClock): void {
  relays.push(
    runRelay({
      outbox: outbox(),
      eventLog,
      schemaIds,
      batchEntries: 3,
      takeOverMs: 5,
      clock,
      randomness: eager,
      log: silent,
      signal: stopping.signal,
      workload: new Workload(),
    }),
  );
}

function entry(key: string, text: string): NewOutboxEntry {
  return { topic, key, body: Buffer.from(text), headers: { ce_id: text } };
}

async function published(of = topic): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of log.read(of, 0, 0n, 1_000_000n)) records.push(record);
  return records;
}

async function idsOf(key: string): Promise<readonly (string | undefined)[]> {
  const records = await published();
  return records.filter((record) => record.key === key).map(({ headers }) => headers['ce_id']);
}

/** The log, but appends fail as `trouble` says: before or after they had their effect. */
function troubled(trouble: ('before' | 'after')[]): EventLog {
  const client = log.client();
  client.append = async (records) => {
    const now = trouble.shift();
    if (now === 'before') throw new LogUnavailable('away');
    await log.append(records);
    if (now === 'after') throw new LogUnavailable('no acknowledgement');
  };
  return client;
}

describe('the relay', () => {
  it('given entries of several nodes, then those of each are published in their order', async () => {
    const keys = ['a/n1', 'a/n2', 'a/n3'];
    store.publish(Array.from({ length: 30 }, (_, index) => entry(keys[index % 3] ?? '', `e${index}`)));
    relay();
    await expect.poll(() => outbox().backlog()).toBe(0);
    for (const [place, key] of keys.entries()) {
      expect(await idsOf(key)).toEqual(Array.from({ length: 10 }, (_, index) => `e${index * 3 + place}`));
    }
  });

  it('given entries that come later, then they are published without being asked for', async () => {
    relay();
    store.publish([entry('a/n1', 'first')]);
    await expect.poll(() => idsOf('a/n1')).toEqual(['first']);
    store.publish([entry('a/n1', 'second')]);
    await expect.poll(() => idsOf('a/n1')).toEqual(['first', 'second']);
  });

  it('given the log is away, then the entries are sent again and none is lost', async () => {
    store.publish([entry('a/n1', 'e1'), entry('a/n1', 'e2')]);
    relay(troubled(['before', 'before']));
    await expect.poll(() => outbox().backlog()).toBe(0);
    expect(await idsOf('a/n1')).toEqual(['e1', 'e2']);
  });

  it('given an append whose acknowledgement was lost, then it is doubled under the same ids, never lost', async () => {
    store.publish([entry('a/n1', 'e1'), entry('a/n1', 'e2')]);
    relay(troubled(['after']));
    await expect.poll(() => outbox().backlog()).toBe(0);
    expect(await idsOf('a/n1')).toEqual(['e1', 'e2', 'e1', 'e2']);
  });

  it('given a record that the log refuses for ever, then the others are not held up and it is said where it was', async () => {
    store.publish([
      entry('a/n1', 'e1'),
      { ...entry('a/n1', 'e2'), body: Buffer.alloc(20_000) },
      entry('a/n1', 'e3'),
      entry('a/n1', 'e4'),
    ]);
    relay();
    await expect.poll(() => outbox().backlog()).toBe(0);
    const distinct = [...new Set(await idsOf('a/n1'))];
    expect(distinct).toEqual(['e1', 'e3', 'e4']);
    const letters = await published('maintenance.signals.dlt');
    expect(letters.map(({ headers }) => headers['dlt_topic'])).toEqual([topic]);
  });

  it('given a refused record whose headers are too much for a dead letter too, then nothing is held up for ever', async () => {
    store.publish([entry('a/n1', 'x'.repeat(20_000)), entry('a/n1', 'e2')]);
    relay();
    await expect.poll(() => outbox().backlog()).toBe(0);
    expect(new Set(await idsOf('a/n1'))).toEqual(new Set(['e2']));
  });

  it('given two copies, when the sender gives up its outbox partition, then the other goes on', async () => {
    const first = outbox();
    for (const partition of [0, 1]) expect(await first.acquire(partition)).toBe(true);
    relay();
    store.publish([entry('a/n1', 'e1'), entry('a/n2', 'e2')]);
    expect(await published()).toEqual([]);
    for (const partition of [0, 1]) await first.release(partition);
    await expect.poll(() => outbox().backlog()).toBe(0);
    expect((await published()).map(({ headers }) => headers['ce_id']).sort()).toEqual(['e1', 'e2']);
  });

  it('given a lock that outlives its sender, when the clock stands still until all is sent, then it is taken over: a demo would stand still for ever', async () => {
    const dead = outbox();
    for (const partition of [0, 1]) await dead.acquire(partition);
    store.publish([entry('a/n1', 'e1')]);
    relay(log, new JumpingClock({ start: systemClock.now(), speed: Infinity }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const partition of [0, 1]) await dead.release(partition);
    await expect.poll(() => outbox().backlog()).toBe(0);
  });

  it('given an entry that asks to hear of its acknowledgement, then a signal follows once the log has it', async () => {
    const signal = {
      kind: 'MigrationAnnounced',
      processId: 'p-aaaaaaaaaaaaaaaa' as ProcessId,
      stageEntry: 3,
      requestId: 'r1',
    } as const;
    const node = 'a/n1' as NodeKey;
    store.publish([{ ...entry(node, 'e1'), whenSent: { node, signal } }]);
    relay();
    await expect.poll(async () => (await published('maintenance.signals')).length).toBe(1);
    const [record] = await published('maintenance.signals');
    const framed = record?.value === undefined ? undefined : unframe(record.value);
    expect(framed?.schemaId).toBe(await schemaIds.idOf('Signal'));
    const payload = decodeEvent('Signal', framed?.body ?? Buffer.alloc(0), schemaOf('Signal'));
    expect(JSON.stringify(payload)).toContain('r1');
  });
});
