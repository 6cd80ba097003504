import { readFileSync } from 'node:fs';
import kafkajs, { type KafkaConfig } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { eventIdOf } from '../../../domain/event-number.js';
import { namesOf } from '../../../domain/identifiers.js';
import type { FaultlineEvent } from '../../../packages/client/src/event.js';
import { subscribeToKafka, type KafkaOptions } from '../../../packages/client/src/kafka-subscription.js';
import type { Subscription } from '../../../packages/client/src/subscriber.js';
import { stateTopic } from '../../../schemas/catalog.js';
import { cloudEventHeaders, sequenceText } from '../../../schemas/cloud-events.js';
import { encodeEvent, schemaOf } from '../../../schemas/codec.js';
import { frame } from '../../../schemas/wire-format.js';
import type { KafkaStack } from '../../../stack/kafka.js';
import { startRegistry, type RegistryServer } from '../../adapters/schema-registry/registry-server.js';
import { StatesSite, type Said } from '../../services/node-states/states-site.js';
import { eventually } from './reading.js';

const topic = 'maintenance.outcomes';

/** The topic of states, and the client library that begins with it as alice; after `describeTopics`. */
export function describeStates(stack: () => KafkaStack): void {
  const ids = bundledSchemaIds();
  let registry: RegistryServer;
  let log: KafkaEventLog;
  let site: StatesSite;
  const subscriptions: Subscription[] = [];

  const kafkaAs = (username: string): KafkaConfig => ({
    brokers: [stack().brokers[0]?.guardedAddress ?? ''],
    ssl: { ca: readFileSync(stack().authority?.certificateFile ?? '', 'utf8') },
    sasl: { mechanism: 'scram-sha-512', username, password: username },
    retry: { retries: 2 },
  });
  const subscribe = (options: Partial<KafkaOptions> = {}): readonly FaultlineEvent[] => {
    const heard: FaultlineEvent[] = [];
    const subscription = subscribeToKafka({
      kafka: kafkaAs('alice'),
      registry: { url: registry.url },
      group: 'alice.states',
      topics: [topic],
      from: 'states',
      checkpointEveryMs: 50,
      onEvent: (event) => void heard.push(event),
      ...options,
    });
    subscriptions.push(subscription);
    return heard;
  };
  const nodes = [1, 2, 3, 4].map((number) => StatesSite.nodeOf(number));
  /** So many outcomes of each node. */
  const outcomes = async (count: number): Promise<void> => {
    for (const node of nodes) for (let one = 0; one < count; one += 1) site.decide(node, [topic]);
    await site.publish(topic, Infinity);
  };
  const told = (): Promise<void> =>
    eventually('the topic of states is as the journal', () => site.isTold().catch(() => false), 40_000);
  const of = (heard: readonly FaultlineEvent[], node: string): readonly string[] =>
    heard.filter((event) => event.node === node).map(({ type, sequence }) => `${type} ${sequence ?? ''}`);
  const numbered = (type: string, version: number): string =>
    `${type} ${sequenceText({ epoch: 1, version })}`;

  describe('the topic of states', () => {
    beforeAll(async () => {
      registry = await startRegistry();
      for (const event of ['ProcessEnded', 'NodeState'] as const)
        registry.put(await ids.idOf(event), JSON.stringify(schemaOf(event)));
      const schemaId = await ids.idOf('ProcessEnded');
      const say: Said = (node, number) => ({
        value: frame(
          schemaId,
          encodeEvent('ProcessEnded', {
            ...namesOf(node),
            ...{ processId: 'p-1', workflow: 'reboot', outcome: 'RECOVERED', reason: null },
            ...{ startedAt: 1, endedAt: 2, faultIds: [], faultTypes: [], causeReportIds: [] },
          }),
        ),
        headers: cloudEventHeaders({
          ...{ event: 'ProcessEnded', source: '/faultline/t/maintenance', time: 1, subject: node },
          ...{ id: eventIdOf(node, number, 'ProcessEnded'), sequence: number },
        }),
      });
      const { ssl, sasl } = kafkaAs('faultline');
      const brokers = [stack().brokers[0]?.guardedAddress ?? ''];
      log = new KafkaEventLog({ brokers, clientId: 'states', ssl, sasl });
      site = await StatesSite.open(log, say);
    });
    afterAll(async () => {
      await Promise.all(subscriptions.map((one) => one.stop()));
      await site.close();
      await registry.close();
    });

    it('is compacted', async () => {
      const admin = new kafkajs.Kafka({ ...kafkaAs('ops'), logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: kafkajs.ConfigResourceTypes.TOPIC, name: stateTopic, configNames: ['cleanup.policy'] },
        ],
      });
      await admin.disconnect();
      expect(resources[0]?.configEntries[0]?.configValue).toBe('compact');
    });

    it('given a copy that died between writing and going on, then a subscriber is given each state, and then each event that is not in it', async () => {
      await outcomes(2);
      site.start();
      await told();
      site.doom('dies behind');
      await outcomes(1);
      await told();
      const heard = subscribe();
      await eventually(
        'each state is given',
        () => nodes.every((node) => of(heard, node).length > 0),
        40_000,
      );
      await outcomes(2);
      await eventually(
        'each event is given',
        () => nodes.every((node) => of(heard, node).length >= 3),
        40_000,
      );
      for (const node of nodes)
        expect(of(heard, node)).toEqual([
          numbered('NodeState', 3),
          numbered('ProcessEnded', 4),
          numbered('ProcessEnded', 5),
        ]);
    });

    it('given a group that has begun, then it is given no state again, and goes on', async () => {
      await subscriptions[0]?.stop();
      await outcomes(1);
      const heard = subscribe();
      await eventually(
        'the next event is given',
        () => nodes.every((node) => of(heard, node).length > 0),
        40_000,
      );
      for (const node of nodes) expect(of(heard, node)).toEqual([numbered('ProcessEnded', 6)]);
    });

    it('given a topic whose events have no sequence, then it says that it can not begin so', async () => {
      const refused = subscribeToKafka({
        ...{ kafka: kafkaAs('alice'), registry: { url: registry.url }, group: 'alice.fates', from: 'states' },
        ...{ topics: ['fault.report-fates'], onEvent: () => undefined },
      });
      await expect(refused.ended).rejects.toThrow(/not with fault.report-fates/);
    });
  });
}
