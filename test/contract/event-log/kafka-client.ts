import { readFileSync } from 'node:fs';
import type { KafkaConfig } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import type { FaultlineEvent } from '../../../packages/client/src/event.js';
import { subscribeToKafka, type KafkaOptions } from '../../../packages/client/src/kafka-subscription.js';
import type { Delivery, Subscription } from '../../../packages/client/src/subscriber.js';
import { cloudEventHeaders } from '../../../schemas/cloud-events.js';
import { encodeEvent, schemaOf } from '../../../schemas/codec.js';
import { frame } from '../../../schemas/wire-format.js';
import type { KafkaStack } from '../../../stack/kafka.js';
import { startRegistry, type RegistryServer } from '../../adapters/schema-registry/registry-server.js';
import { eventually } from './reading.js';

const schemaId = 5;
const topic = 'maintenance.outcomes';
const nodes = ['a/n1', 'a/n2', 'a/n3', 'a/n4'];

/** The client library as alice, a subscriber, on the broker that lets her do no more; after `describeTopics`. */
export function describeClient(stack: () => KafkaStack): void {
  let registry: RegistryServer;
  let log: KafkaEventLog;
  let version = 0;
  let group = 0;
  const subscriptions: Subscription[] = [];

  const kafkaAs = (username: string, password = username): KafkaConfig => ({
    brokers: [stack().brokers[0]?.guardedAddress ?? ''],
    ssl: { ca: readFileSync(stack().authority?.certificateFile ?? '', 'utf8') },
    sasl: { mechanism: 'scram-sha-512', username, password },
    retry: { retries: 2 },
  });

  /** Events of these nodes, each node's in order; resolves with their ids. */
  const published = async (keys: readonly string[], headers: object = {}): Promise<readonly string[]> => {
    const records = keys.map((key) => {
      version += 1;
      const [cluster = '', node = ''] = key.split('/');
      const body = encodeEvent('ProcessEnded', {
        ...{ cluster, node, processId: 'p-1', workflow: 'reboot', outcome: 'RECOVERED', reason: null },
        ...{ startedAt: 1, endedAt: 2, faultIds: [], faultTypes: [], causeReportIds: [] },
      });
      const id = `${key} ${version}`;
      const source = '/faultline/t/maintenance';
      const sequence = { epoch: 1, version };
      const attributes = { event: 'ProcessEnded', id, source, time: 1, subject: key, sequence } as const;
      return {
        topic,
        key,
        value: frame(schemaId, body),
        headers: { ...cloudEventHeaders(attributes), ...headers },
      };
    });
    await log.append(records);
    return records.map((record) => record.headers['ce_id'] ?? '');
  };

  const subscribe = (name: string, options: Partial<KafkaOptions> = {}) => {
    const heard: FaultlineEvent[] = [];
    const deliveries: Delivery[] = [];
    const subscription = subscribeToKafka({
      kafka: kafkaAs('alice'),
      registry: { url: registry.url },
      group: name,
      topics: [topic],
      checkpointEveryMs: 50,
      onEvent: (event, delivery) => {
        heard.push(event);
        deliveries.push(delivery);
      },
      ...options,
    });
    subscriptions.push(subscription);
    const ids = (): readonly string[] => heard.map(({ id }) => id);
    const of = (node: string): readonly string[] => ids().filter((id) => id.startsWith(`${node} `));
    return { subscription, heard, deliveries, ids, of };
  };
  const freshGroup = (): string => `alice.client-${(group += 1)}`;
  const hears = ({ ids }: ReturnType<typeof subscribe>, wanted: readonly string[]): Promise<void> =>
    eventually('all is heard', () => wanted.every((id) => ids().includes(id)));

  describe('the client library', () => {
    beforeAll(async () => {
      registry = await startRegistry();
      registry.put(schemaId, JSON.stringify(schemaOf('ProcessEnded')));
      const { brokers, ...access } = kafkaAs('faultline');
      log = new KafkaEventLog({
        brokers: typeof brokers === 'function' ? [] : brokers,
        clientId: 'publisher',
        ssl: access.ssl,
        sasl: access.sasl,
      });
    });
    afterEach(async () => {
      await Promise.all(subscriptions.splice(0).map((one) => one.stop()));
    });
    afterAll(async () => {
      await log.close();
      await registry.close();
    });

    it('gives a subscriber what is published, typed and in order per node, from its beginning', async () => {
      const wanted = await published([...nodes, ...nodes, ...nodes]);
      const alice = subscribe(freshGroup());
      await hears(alice, wanted);
      for (const node of nodes)
        expect(alice.of(node)).toEqual(wanted.filter((id) => id.startsWith(`${node} `)));
      const [event] = alice.heard;
      expect(event?.type === 'ProcessEnded' ? event.data.outcome : 'another event').toBe('RECOVERED');
    });

    it('goes on at its checkpoint, and gives again only what was not acknowledged', async () => {
      const name = freshGroup();
      const first = subscribe(name, { acknowledge: 'manual' });
      const [one = '', two = '', three = ''] = await published(['a/n1', 'a/n1', 'a/n1']);
      await hears(first, [one, two, three]);
      const at = (id: string): Delivery | undefined => first.deliveries[first.ids().indexOf(id)];
      for (const id of first.ids()) if (id !== two) at(id)?.acknowledge();
      await first.subscription.stop();
      const second = subscribe(name);
      await hears(second, [two, three]);
      expect(second.of('a/n1')).toEqual([two, three]);
      await second.subscription.stop();
      const next = await published(['a/n1']);
      const third = subscribe(name);
      await hears(third, next);
      expect(third.ids()).toEqual(next);
    });

    it('hears nothing twice that is published twice, and of replays only who asks for them', async () => {
      const [id = ''] = await published(['a/n2']);
      version -= 1;
      await published(['a/n2']);
      version -= 1;
      await published(['a/n2'], { ce_replay: 'run-1' });
      const last = await published(['a/n2']);
      const replayed: string[] = [];
      const alice = subscribe(freshGroup(), {
        onReplayed: (event) => void replayed.push(`${event.replay ?? ''} ${event.id}`),
      });
      await hears(alice, last);
      expect(alice.ids().filter((one) => one === id)).toEqual([id]);
      expect(replayed).toEqual([`run-1 ${id}`]);
    });

    it('shares partitions with another copy, and takes them over when that one is gone', async () => {
      const name = freshGroup();
      const both = [subscribe(name), subscribe(name)];
      const heard = (): readonly string[] => both.flatMap(({ ids }) => ids());
      const wanted = await published(nodes);
      await eventually('all is heard by one or the other', () => wanted.every((id) => heard().includes(id)));
      await both[0]?.subscription.stop();
      const later = await published(nodes);
      await eventually('all is heard by the other', () =>
        later.every((id) => both[1]?.ids().includes(id) === true),
      );
      for (const id of [...wanted, ...later]) expect(heard()).toContain(id);
    });

    it('ends before what it can not read, goes past it when told to, and holds up no other partition', async () => {
      const name = freshGroup();
      await log.append([{ topic, key: 'a/n4', value: Buffer.from('{}'), headers: {} }]);
      const wanted = await published(nodes);
      const strict = subscribe(name);
      await expect(strict.subscription.ended).rejects.toMatchObject({
        name: 'UnreadableRecord',
        reason: 'no-cloud-event',
        record: { topic, key: 'a/n4', value: Buffer.from('{}') },
      });
      const told: string[] = [];
      const lenient = subscribe(name, {
        onUnreadable: ({ reason }) => {
          told.push(reason);
          return 'skip';
        },
      });
      await hears(
        lenient,
        wanted.filter((id) => id.startsWith('a/n4')),
      );
      expect(told).toEqual(['no-cloud-event']);
    });

    it('says why it does not go on: another one’s group, a topic that is not for others, or a wrong password', async () => {
      const troubles: string[] = [];
      const foreign = subscribe('bob.tickets', { onTrouble: (message) => void troubles.push(message) });
      await eventually('the group is named', () =>
        troubles.some((message) => message.includes('no right to the group bob.tickets')),
      );
      await foreign.subscription.stop();
      const orders = subscribe(freshGroup(), { topics: ['maintenance.signals'] });
      await expect(orders.subscription.ended).rejects.toThrow(/authoriz.*topics acls/i);
      const wrong = subscribe(freshGroup(), { kafka: kafkaAs('alice', 'guessed') });
      await expect(wrong.subscription.ended).rejects.toThrow(/authentication failed.*check user, password/i);
    });
  });
}
