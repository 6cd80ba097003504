import kafkajs from 'kafkajs';
import type { Admin, DescribeConfigResponse, KafkaConfig } from 'kafkajs';
import type { TopicSpecification } from '../../ports/event-log.js';
import { AdminConnection } from '../admin-connection.js';
import type { FoundTopic, TopicPlan } from './plan-topics.js';
import { newTopic } from './topic-settings.js';

const { ConfigResourceTypes, ConfigSource } = kafkajs;

/** Looks at the topics of a cluster and changes them as planned; an operator's tool, never a service's. */
export class TopicOperator {
  private readonly connection: AdminConnection;
  private readonly replicationFactor: number;

  /** `replicationFactor`: of topics that are made; -1: the broker's default. */
  constructor(settings: KafkaConfig, replicationFactor: number) {
    this.connection = new AdminConnection(new kafkajs.Kafka(settings));
    this.replicationFactor = replicationFactor;
  }

  /** Those of these topics that are there. */
  find(topics: readonly string[]): Promise<readonly FoundTopic[]> {
    return this.connection.ask(async (admin) => {
      const all = new Set(await admin.listTopics());
      const present = topics.filter((topic) => all.has(topic));
      if (present.length === 0) return [];
      const metadata = await admin.fetchTopicMetadata({ topics: present });
      const settings = await settingsOf(admin, present);
      return metadata.topics.map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions.length,
        settings: Object.fromEntries(
          (settings.get(name) ?? []).map(({ configName, configValue }) => [configName, configValue]),
        ),
      }));
    });
  }

  /** Does what the plan may do; what is withheld or impossible is left. `wanted`: what was planned from. */
  async carryOut(plans: readonly TopicPlan[], wanted: readonly TopicSpecification[]): Promise<void> {
    const specification = new Map(wanted.map((topic) => [topic.topic, topic]));
    const missing = plans.flatMap(({ topic, action }) =>
      action === 'create' ? (specification.get(topic) ?? []) : [],
    );
    await this.connection.ask(async (admin) => {
      if (missing.length > 0) {
        const topics = missing.map((topic) => newTopic(topic, this.replicationFactor));
        await admin.createTopics({ waitForLeaders: true, topics });
      }
      for (const plan of plans) if (plan.action === 'change') await change(admin, plan);
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

type Settings = DescribeConfigResponse['resources'][number]['configEntries'];

async function settingsOf(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, Settings>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
}

async function change(admin: Admin, { topic, changes }: TopicPlan): Promise<void> {
  const done = changes.filter(({ action }) => action === 'set');
  const count = done.find(({ setting }) => setting === 'partitions')?.shall;
  if (count !== undefined)
    await admin.createPartitions({ topicPartitions: [{ topic, count: Number(count) }] });
  const settings = done.filter(({ setting }) => setting !== 'partitions');
  if (settings.length === 0) return;
  // KafkaJS knows only the request that replaces all of a topic's own settings: those of others are given along.
  const own = (await settingsOf(admin, [topic])).get(topic) ?? [];
  const entries = new Map(
    own
      .filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)
      .map(({ configName, configValue }) => [configName, configValue]),
  );
  for (const { setting, shall } of settings) entries.set(setting, shall);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: [...entries].map(([name, value]) => ({ name, value })),
      },
    ],
  });
}
