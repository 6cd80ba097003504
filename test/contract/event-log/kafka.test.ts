import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import type { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { startKafka } from '../../../stack/kafka.js';
import { spawnDoomedMember } from './doomed-process.js';
import type { EventLogHarness } from './harness.js';
import { openKafka } from './open-log.js';
import { describeEventLog } from './suite.js';

async function startOnKafka(): Promise<EventLogHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-event-log-kafka-'));
  const stack = await startKafka({ brokers: 1, folder });
  const address = stack.bootstrapServers.join(',');
  const opened: KafkaEventLog[] = [];
  const admin = new kafkajs.Kafka({
    brokers: [...stack.bootstrapServers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  return {
    patienceMs: 60_000,
    open: () => {
      const log = openKafka(address);
      opened.push(log);
      return log;
    },
    unread: (log, group) => {
      const found = opened.find((one) => one === log);
      if (found === undefined) throw new Error('not opened by this harness');
      return found.unread(group);
    },
    startDoomedMember: (group, topic) => Promise.resolve(spawnDoomedMember('kafka', address, group, topic)),
    trim: async (topic, partition, low) => {
      // Makes the admin client learn the topic's leaders, which it asks for nowhere else.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${low}` }] });
    },
    stop: async () => {
      await Promise.all(opened.map((log) => log.close()));
      await admin.disconnect();
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// The first run on a machine fetches the broker.
describeEventLog('Kafka', startOnKafka, { setUpMs: 600_000 });
