import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { startKafka, type KafkaStack } from '../../../stack/kafka.js';
import { openKafka } from './open-log.js';
import { readAll, record, texts } from './reading.js';

const topic = 'moving';
const partitions = 12;
let folder: string;
let stack: KafkaStack;
let log: KafkaEventLog;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-kafka-leaders-'));
  stack = await startKafka({ brokers: 3, folder });
  log = openKafka(stack.bootstrapServers.join(','));
  await log.ensureTopics([{ topic, partitions, retentionMs: -1, compacted: false }]);
}, 600_000);

afterAll(async () => {
  await log.close();
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it('a report was acknowledged and on no broker: given a producer that knows all leaders, when one goes and its partitions move to the others, then all that is acknowledged is there', async () => {
  const send = async (round: string): Promise<readonly string[]> => {
    const names = Array.from({ length: 60 }, (_, index) => `${round}-${index}`);
    await log.append(names.map((name) => record(topic, name, name)));
    return names;
  };
  const before = await send('before');
  await stack.stopBroker(0);
  const after = await send('after');
  const found = new Set(texts(await readAll(log, topic)));
  expect([...before, ...after].filter((name) => !found.has(name))).toEqual([]);
}, 120_000);
