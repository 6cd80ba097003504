import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { topicsOf } from '../../../schemas/catalog.js';
import type { KafkaStack } from '../../../stack/kafka.js';
import { expectPublishedForm } from '../../cli/form-validator.js';
import { runCommand, type Ran } from '../../cli/run-command.js';
import { record, Reader, eventually } from './reading.js';

/** Users of the broker, by what they will be; each one's password is his name. */
export const users = { faultline: 'faultline', alice: 'alice', paas: 'paas', ops: 'ops', nobody: 'nobody' };

interface Plan {
  readonly items: readonly {
    readonly topic: string;
    readonly action: string;
    readonly changes: readonly { readonly setting: string; readonly action: string }[];
  }[];
}

/** `faultline topics` on a broker that no catalog topic was ever made on, and that has these users. */
export function describeTopics(stack: () => KafkaStack, folder: () => string): void {
  const partitions = 2;
  const opened: KafkaEventLog[] = [];
  let config = '';
  let admin: kafkajs.Admin;

  const topics = (...words: readonly string[]): Promise<Ran> =>
    runCommand(['topics', ...words, '--config', config]);
  const plan = async (...words: readonly string[]): Promise<Plan> => {
    const { out, code, err } = await topics(...words, '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const document = JSON.parse(out) as Plan;
    expectPublishedForm(document, 'TopicPlan');
    return document;
  };
  const differing = ({ items }: Plan): readonly string[] =>
    items.flatMap(({ topic, changes }) =>
      changes.map(({ setting, action }) => `${topic} ${setting} ${action}`),
    );
  // Brokers hear of what somebody changed one after the other, and any of them may be asked.
  const soon = { timeout: 20_000, interval: 100 };
  const differingBy = async (...words: readonly string[]): Promise<readonly string[]> =>
    differing(await plan(...words));
  const settingsOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
    });
    return Object.fromEntries(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
    );
  };
  const alter = (name: string, settings: Readonly<Record<string, string>>): Promise<unknown> => {
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    return admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
  };
  const as = (user: string): KafkaEventLog => {
    const log = new KafkaEventLog({
      brokers: [stack().brokers[0]?.guardedAddress ?? ''],
      clientId: user,
      ssl: { ca: readFileSync(stack().authority?.certificateFile ?? '', 'utf8') },
      sasl: { mechanism: 'scram-sha-512', username: user, password: user },
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 500,
      retryDelayMs: 20,
    });
    opened.push(log);
    return log;
  };

  describe('faultline topics', () => {
    beforeAll(async () => {
      config = join(folder(), 'faultline.yaml');
      const eventLog = { kind: 'kafka', partitions, brokers: stack().bootstrapServers };
      await writeFile(config, JSON.stringify({ eventLog }));
      admin = new kafkajs.Kafka({
        brokers: [...stack().bootstrapServers],
        logLevel: kafkajs.logLevel.NOTHING,
      }).admin();
      await admin.connect();
    });
    afterAll(async () => {
      await Promise.all(opened.map((log) => log.close()));
      await admin.disconnect();
    });

    it('plans without doing, makes all topics, and then finds nothing to do', async () => {
      const names = topicsOf(partitions).map(({ topic }) => topic);
      const first = await plan('plan');
      expect(first.items.map(({ topic, action }) => [topic, action])).toEqual(
        names.map((topic) => [topic, 'create']),
      );
      expect((await admin.listTopics()).filter((topic) => names.includes(topic))).toEqual([]);
      expect((await topics('apply')).code).toBe(0);
      expect(differing(await plan('plan'))).toEqual([]);
      const again = await topics('apply', '-o', 'name');
      expect(again.out.trim().split('\n')).toEqual(names);
      expect((await topics('plan')).err).toBe('All topics are as in the catalog.\n');
    });

    it('brings back what somebody changed, and keeps the settings that are his own', async () => {
      await alter('fault.hardware', {
        'retention.ms': '1000',
        'message.timestamp.type': 'CreateTime',
        'segment.bytes': '5000000',
      });
      await expect
        .poll(() => differingBy('plan'), soon)
        .toEqual([
          'fault.hardware message.timestamp.type set',
          'fault.hardware max.message.bytes set',
          'fault.hardware retention.ms set',
        ]);
      expect((await topics('apply')).code).toBe(0);
      await expect
        .poll(() => settingsOf('fault.hardware'), soon)
        .toMatchObject({
          'retention.ms': String(90 * 86_400_000),
          'message.timestamp.type': 'LogAppendTime',
          'segment.bytes': '5000000',
        });
      await expect.poll(() => differingBy('plan'), soon).toEqual([]);
    });

    it('keeps a longer retention until it is told to give records up', async () => {
      const settings = await settingsOf('fault.system');
      const keep = ['message.timestamp.type', 'max.message.bytes', 'retention.bytes', 'cleanup.policy'];
      const kept = Object.fromEntries(keep.map((name) => [name, settings[name] ?? '']));
      await alter('fault.system', { ...kept, 'retention.ms': '-1' });
      await expect.poll(() => differingBy('apply'), soon).toEqual(['fault.system retention.ms withheld']);
      const retention = async (): Promise<string | undefined> =>
        (await settingsOf('fault.system'))['retention.ms'];
      await expect.poll(retention, soon).toBe('-1');
      expect((await topics('apply', '--allow-shorter-retention')).code).toBe(0);
      await expect.poll(retention, soon).toBe(String(90 * 86_400_000));
      await expect.poll(() => differingBy('plan'), soon).toEqual([]);
    });

    it('raises partitions only when told, and never takes one away', async () => {
      await admin.deleteTopics({ topics: ['fault.component', 'migration.requests'] });
      // KafkaJS would wait for leaders, but fails while a topic that was just made is told of by no broker yet.
      const make = async (topic: string, numPartitions: number) => {
        await admin.createTopics({
          waitForLeaders: false,
          topics: [{ topic, numPartitions, replicationFactor: 1 }],
        });
        await eventually(`${topic} is there`, async () => (await admin.listTopics()).includes(topic));
      };
      await make('fault.component', 1);
      await make('migration.requests', 3);
      const refused = await topics('apply');
      expect(refused).toMatchObject({ code: 4 });
      expect(refused.err).toContain('2 topics have another number of partitions');
      const raised = await topics('apply', '--allow-more-partitions');
      expect(raised).toMatchObject({ code: 4 });
      await expect
        .poll(() => differingBy('plan'), soon)
        .toEqual(['migration.requests partitions impossible']);
      await admin.deleteTopics({ topics: ['migration.requests'] });
      expect((await topics('apply')).code).toBe(0);
      // What the commands made is what Faultline asks for at its start.
      const log = new KafkaEventLog({ brokers: stack().bootstrapServers, clientId: 'topics' });
      opened.push(log);
      await log.ensureTopics(topicsOf(partitions));
    });

    it('is no business of an embedded log', async () => {
      const embedded = join(folder(), 'embedded.yaml');
      await writeFile(embedded, '{}');
      const { code, err } = await runCommand(['topics', 'plan', '--config', embedded]);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('is embedded') as unknown });
    });

    const named = [
      '--faultline',
      'faultline',
      '--subscriber',
      'alice',
      '--producer',
      'paas',
      '--operator',
      'ops',
    ];

    it('makes the rules of each role once', async () => {
      const added = async () => {
        const { out, code } = await topics('acls', ...named, '--apply', '-o', 'json');
        expect(code).toBe(0);
        const document = JSON.parse(out) as { readonly items: readonly { readonly added: boolean }[] };
        expectPublishedForm(document, 'AccessRuleList');
        return [...new Set(document.items.map((item) => item.added))];
      };
      expect(await added()).toEqual([true]);
      expect(await added()).toEqual([false]);
    });

    it('lets Faultline’s own user do all that its services do', async () => {
      const log = as('faultline');
      await log.ensureTopics(topicsOf(partitions));
      await log.append([
        record('fault.hardware', 'a/n1', 'published'),
        record('fault.reports', 'a/n1', 'in'),
      ]);
      const reader = new Reader(log, 'maintenance', ['fault.reports']);
      await eventually('the report is read', () => reader.records.length === 1);
      await reader.subscription.stop();
      expect(await allOf(log, 'fault.hardware')).toEqual(['published']);
    });

    it('lets a subscriber read what is published in groups of his own, and write nothing', async () => {
      const log = as('alice');
      const reader = new Reader(log, 'alice.tickets', ['fault.hardware']);
      await eventually('the fault is read', () => reader.records.length === 1);
      await reader.subscription.stop();
      await expect(log.append([record('fault.hardware', 'a/n1', 'forged')])).rejects.toThrow(/authoriz/i);
      await expect(log.append([record('migration.replies', 'a/n1', 'forged')])).rejects.toThrow(/authoriz/i);
      await expect(log.bounds('maintenance.signals')).rejects.toThrow();
    });

    it('lets a producer answer migration requests, and neither report nor order', async () => {
      const log = as('paas');
      await log.append([record('migration.replies', 'a/n1', 'moved')]);
      for (const topic of ['fault.reports', 'maintenance.signals'])
        await expect(log.append([record(topic, 'a/n1', 'forged')])).rejects.toThrow(/authoriz/i);
    });

    it('lets an operator look at dead letters but not write', async () => {
      const log = as('ops');
      expect(await allOf(log, 'fault.reports.dlt')).toEqual([]);
      expect(await allOf(log, 'fault.hardware')).toEqual(['published']);
      await expect(log.append([record('fault.reports', 'a/n1', 'forged')])).rejects.toThrow(/authoriz/i);
    });

    it('lets a user whom nobody named do nothing', async () => {
      await expect(as('nobody').bounds('fault.hardware')).rejects.toThrow();
    });
  });
}

async function allOf(log: KafkaEventLog, topic: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { partition, low, high } of await log.bounds(topic))
    for await (const { value } of log.read(topic, partition, low, high)) found.push(value?.toString() ?? '');
  return found;
}
