import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { Subscription } from '../../../adapters/ports/event-log.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import type { NodeKey, PodUid, ProcessId } from '../../../domain/identifiers.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { encodeEvent } from '../../../schemas/codec.js';
import { migrationRequestToEvent } from '../../../schemas/events/migration-requested.js';
import { frame } from '../../../schemas/wire-format.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { consumeRequests } from '../../../services/migrator/consume-requests.js';

const schemaIds = bundledSchemaIds();
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const node = 'a/n1' as NodeKey;
const group = 'migrator';

let log: MemoryEventLog;
let opened: OpenJournal;
let subscriptions: Subscription[];

beforeEach(async () => {
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(1));
  const options = {
    clock: systemClock,
    randomness: systemRandomness,
    writer: createOutboxWriter({ source: '/faultline/test/maintenance', epoch: 1 }),
    partitionCount: 1,
    outboxPartitions: 1,
  };
  opened = createMemoryJournal(options, createMemoryStore(options));
  subscriptions = [];
});

afterEach(async () => {
  await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  await log.close();
});

/** One copy of the migrator: requests it was given, in order; those in `finished` end at once, the others `later`: never. */
function startCopy(
  finished: ReadonlySet<string>,
  later: Promise<unknown> = new Promise(() => undefined),
): { given: string[]; subscription: Subscription } {
  const given: string[] = [];
  const subscription = consumeRequests({
    eventLog: log,
    journal: opened.journal,
    schemaIds,
    group,
    clock: systemClock,
    log: silent,
    migrator: {
      handle: ({ requestId }) => {
        given.push(requestId);
        return finished.has(requestId) ? Promise.resolve(true) : later.then(() => true);
      },
      underWay: () => 0,
    },
  });
  subscriptions.push(subscription);
  return { given, subscription };
}

async function request(requestId: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const pods = [{ namespace: 'shop', name: 'web-1', uid: 'pod-1' as PodUid }];
  const processId = 'p-aaaaaaaaaaaaaaaa' as ProcessId;
  const event = migrationRequestToEvent({
    requestId,
    processId,
    node,
    pods,
    reason: 'x',
    deadlineMs: 60_000,
  });
  const value = frame(await schemaIds.idOf('MigrationRequested'), encodeEvent('MigrationRequested', event));
  await log.append([{ topic: 'migration.requests', key: node, value, headers }]);
}

async function startsAt(): Promise<bigint> {
  const [bounds] = await log.bounds('migration.requests');
  if (bounds === undefined) throw new Error('the topic has no partition');
  return opened.journal.startAt(group, { ...bounds, topic: 'migration.requests', logId: log.logId });
}

describe('migration requests', () => {
  it('given all are finished, then a successor begins after them', async () => {
    const { given } = startCopy(new Set(['r1', 'r2']));
    await request('r1');
    await request('r2');
    await expect.poll(() => given).toEqual(['r1', 'r2']);
    await expect.poll(startsAt).toBe(2n);
  });

  it('given one comes again because somebody replays the past, then nothing is moved for it', async () => {
    const { given } = startCopy(new Set(['r2']));
    await request('r1', { ce_replay: 'run-1' });
    await request('r2');
    await expect.poll(startsAt).toBe(2n);
    expect(given).toEqual(['r2']);
  });

  it('given one is unfinished, when its copy crashes, then it is given again with all after it', async () => {
    const { given, subscription } = startCopy(new Set(['r1', 'r3']));
    for (const id of ['r1', 'r2', 'r3']) await request(id);
    await expect.poll(() => given).toEqual(['r1', 'r2', 'r3']);
    await expect.poll(startsAt).toBe(1n);
    log.crash(subscription);
    const successor = startCopy(new Set(['r2', 'r3']));
    await expect.poll(() => successor.given).toEqual(['r2', 'r3']);
    await expect.poll(startsAt).toBe(3n);
  });

  it('given the first is finished last, when a migrator starts again, then it does not take the log for another one', async () => {
    let finishFirst: () => void = () => undefined;
    const later = new Promise<void>((resolve) => {
      finishFirst = resolve;
    });
    const { given } = startCopy(new Set(['r2']), later);
    await request('r1');
    await expect.poll(() => given).toEqual(['r1']);
    const between = systemClock.now();
    await expect.poll(() => systemClock.now()).toBeGreaterThan(between);
    await request('r2');
    await expect.poll(() => given).toEqual(['r1', 'r2']);
    finishFirst();
    await expect.poll(startsAt).toBe(2n);
    const asked: number[] = [];
    const assigned = { topic: 'migration.requests', partition: 0, logId: log.logId, low: 0n, high: 2n };
    const firstSince = (appendedAt: number): Promise<bigint> => {
      asked.push(appendedAt);
      return Promise.resolve(2n);
    };
    await opened.journal.startAt(group, { ...assigned, firstSince });
    // Both were read: the journal asks for what was appended after the second one.
    expect(asked.map((appendedAt) => appendedAt > between + 1)).toEqual([true]);
  });

  it('given bytes that are no request, then they are left out and the next one is handled', async () => {
    await log.append([{ topic: 'migration.requests', key: node, value: Buffer.from('?'), headers: {} }]);
    await log.append([{ topic: 'migration.requests', key: node, value: undefined, headers: {} }]);
    await request('r1');
    const { given } = startCopy(new Set(['r1']));
    await expect.poll(() => given).toEqual(['r1']);
    await expect.poll(startsAt).toBe(3n);
  });
});
