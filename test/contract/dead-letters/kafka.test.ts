import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import { LogWatch } from '../../../adapters/event-log/log-watch.js';
import { startKafka, type KafkaStack } from '../../../stack/kafka.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { handleDeadLetters } from '../../../services/console/handle-dead-letters.js';
import {
  describeDeadLetter,
  listDeadLetters,
  type DeadLetterSource,
} from '../../../services/console/read-dead-letters.js';
import { openKafka } from '../event-log/open-log.js';
import { defaultOptions, TestClock } from '../journal/harness.js';

const bytes = Buffer.from([0, 0xff, 1, 2]);
const topic = 'fault.reports.dlt';
let folder: string;
let kafka: KafkaStack;
let eventLog: KafkaEventLog;
let source: DeadLetterSource;
const journal = createMemoryJournal(defaultOptions(new TestClock()));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-dead-letters-'));
  kafka = await startKafka({ brokers: 1, folder });
  eventLog = openKafka(kafka.bootstrapServers.join(','));
  await eventLog.ensureTopics(topicsOf(2));
  source = { eventLog, book: journal.deadLetters, now: () => 7 };
}, 600_000);

afterAll(async () => {
  await eventLog.close();
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

function letter(key: string, value: Buffer, offset: number) {
  const headers = { own: 'kept', dlt_topic: 'fault.reports', dlt_partition: '0', dlt_offset: String(offset) };
  return { topic, key, value, headers };
}

describe('dead letters in Kafka', { timeout: 180_000 }, () => {
  it('are counted, listed, shown, and go back in order and untouched', async () => {
    await eventLog.append([
      letter('a/n1', bytes, 4),
      letter('a/n2', Buffer.from('other'), 5),
      letter('a/n1', Buffer.from('second'), 6),
    ]);
    const { items } = await listDeadLetters(source, { all: false, limit: 10 });
    const [first = '', second = ''] = items.filter(({ key }) => key === 'a/n1').map(({ id }) => id);
    expect(items).toHaveLength(3);
    const shown = await describeDeadLetter(source, first);
    expect(Buffer.from(shown.valueBase64 ?? '', 'base64')).toEqual(bytes);

    const order = { reason: 'mended', ids: [second] };
    await expect(handleDeadLetters(source, 'retried', order, 'anna')).rejects.toThrow(
      `would overtake ${first}`,
    );
    const receipt = await handleDeadLetters(source, 'retried', { ...order, ids: [second, first] }, 'anna');
    expect(receipt.ids).toEqual([first, second]);
    const entries = (await Promise.all([0, 1].map((part) => journal.outbox.unsent([part], 10)))).flat();
    expect(entries).toMatchObject([
      { topic: 'fault.reports', key: 'a/n1', body: bytes, headers: { own: 'kept' } },
      { topic: 'fault.reports', key: 'a/n1', body: Buffer.from('second'), headers: { own: 'kept' } },
    ]);
    expect(Object.keys(entries[0]?.headers ?? {})).toEqual(['own']);

    // A look that stops in the middle leaves no group behind.
    for await (const record of eventLog.read(
      topic,
      items[0]?.id === undefined ? 0 : Number(items[0].id.split('/')[1]),
      0n,
      9n,
    )) {
      expect(record.topic).toBe(topic);
      break;
    }
    const admin = new kafkajs.Kafka({
      brokers: [...kafka.bootstrapServers],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const { groups } = await admin.listGroups().finally(() => admin.disconnect());
    expect(
      groups.map(({ groupId }) => groupId).filter((group) => group.startsWith('faultline-read-')),
    ).toEqual([]);

    const logId = await eventLog.identify();
    const watch = new LogWatch(eventLog, [{ group: 'maintenance', topics: ['fault.reports'] }]);
    const handledDeadLetters = await journal.deadLetters.handled(logId, topic);
    const { deadLetters, undecided } = await watch.look({ decided: [], handledDeadLetters }, 1_000);
    expect(deadLetters).toContainEqual({ topic, count: 1 });
    expect(undecided.map(({ records }) => records)).toEqual([0, 0]);
  });
});
