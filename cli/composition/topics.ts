import { clusterSettings } from '../../adapters/kafka/client-settings.js';
import { AccessOperator } from '../../adapters/kafka/rights/access-operator.js';
import type { AccessRule } from '../../adapters/kafka/rights/access-rules.js';
import { planTopics, type Permission, type TopicPlan } from '../../adapters/kafka/topics/plan-topics.js';
import { TopicOperator } from '../../adapters/kafka/topics/topic-operator.js';
import { topicsOf } from '../../schemas/catalog.js';
import type { Configuration } from '../configuration/configuration.js';
import { CommandFailed } from '../errors.js';
import { dependency } from './dependency.js';
import { kafkaAccess, kafkaOf, type KafkaConfiguration } from './kafka-access.js';
import type { Environment } from './surroundings.js';

export interface TopicWork {
  readonly configuration: Configuration;
  readonly environment: Environment;
}

/** @throws CommandFailed Usage */
function kafkaIn({ eventLog, path }: Configuration): KafkaConfiguration {
  if (eventLog.kind === 'kafka') return eventLog;
  throw new CommandFailed(
    'Usage',
    `the event log of ${path} is embedded: \`faultline run\` makes its topics, and nobody else reaches them`,
    'name a configuration whose eventLog.kind is kafka',
  );
}

/** Compares the topics of Kafka with the catalog; with `apply` also does what may be done. */
export async function workOnTopics(
  { configuration, environment }: TopicWork,
  options: {
    readonly apply: boolean;
    readonly allowed: ReadonlySet<Permission>;
    readonly replicationFactor: number;
  },
): Promise<readonly TopicPlan[]> {
  const kafka = kafkaIn(configuration);
  const operator = new TopicOperator(
    clusterSettings(kafkaAccess(kafka, environment)),
    options.replicationFactor,
  );
  const wanted = topicsOf(kafka.partitions);
  try {
    return await dependency(kafkaOf(kafka, configuration.path), async () => {
      const found = await operator.find(wanted.map(({ topic }) => topic));
      const plans = planTopics(wanted, found, options.allowed);
      if (options.apply) await operator.carryOut(plans, wanted);
      return plans;
    });
  } finally {
    await operator.close();
  }
}

/** Makes the rules that Kafka does not have yet, and resolves with them. */
export async function allowInKafka(
  { configuration, environment }: TopicWork,
  rules: readonly AccessRule[],
): Promise<readonly AccessRule[]> {
  const kafka = kafkaIn(configuration);
  const operator = new AccessOperator(clusterSettings(kafkaAccess(kafka, environment)));
  try {
    return await dependency(kafkaOf(kafka, configuration.path), () => operator.allow(rules));
  } finally {
    await operator.close();
  }
}
