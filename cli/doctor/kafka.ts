import { Kafka, type Admin } from 'kafkajs';

import { clusterSettings, producerSettings } from '../../adapters/kafka/client-settings.js';
import { protocolErrorType } from '../../adapters/kafka/kafka-errors.js';
import { catalog } from '../../schemas/catalog.js';
import { kafkaAccess, type KafkaConfiguration } from '../composition/kafka-access.js';
import { everyGroup } from '../composition/start/consumer-groups.js';
import type { Configuration } from '../configuration/configuration.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt, Diagnosed } from './check.js';
import { diagnosing } from './connection-trouble.js';

const allTopics = catalog.map(({ topic }) => topic);

/** Topics that a broker tells nothing of, neither that they are there nor that they are not. */
async function hiddenTopics(admin: Admin, listed: readonly string[]): Promise<readonly string[]> {
  const hidden: string[] = [];
  for (const topic of allTopics.filter((name) => !listed.includes(name))) {
    try {
      await admin.fetchTopicMetadata({ topics: [topic] });
    } catch (error) {
      if (isForbidden(error)) hidden.push(topic);
      else if (protocolErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    }
  }
  return hidden;
}

function isForbidden(error: unknown): boolean {
  // Of a group KafkaJS keeps to itself why nobody named its coordinator, after it has waited for one that is not there yet.
  if (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') return true;
  return /_AUTHORIZATION_FAILED$/.test(protocolErrorType(error) ?? '');
}

/** Does what needs a right and changes nothing; resolves with the right where it is missing. */
async function missing(right: string, tried: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await tried();
    return [];
  } catch (error) {
    if (isForbidden(error)) return [right];
    throw error;
  }
}

/** To get an id is what Kafka gives only to those who may write somewhere. */
async function beProducer(kafka: Kafka): Promise<void> {
  const producer = kafka.producer(producerSettings);
  try {
    await producer.connect();
  } finally {
    await producer.disconnect();
  }
}

async function missingRights(kafka: Kafka, admin: Admin): Promise<readonly string[]> {
  const hidden = await hiddenTopics(admin, await admin.listTopics());
  const ofTopics = hidden.length === 0 ? [] : [`read ${hidden.join(', ')}`];
  const ofGroups = await missing(`be in the groups ${everyGroup.join(', ')}`, () =>
    admin.describeGroups([...everyGroup]),
  );
  const ofProducers = await missing('write', () => beProducer(kafka));
  return [...ofTopics, ...ofGroups, ...ofProducers];
}

function nameIn(sasl: KafkaConfiguration['sasl']): string {
  return sasl?.username ?? 'USER';
}

async function askKafka(log: KafkaConfiguration, environment: Terminal['environment']): Promise<string> {
  const kafka = new Kafka(clusterSettings(kafkaAccess(log, environment)));
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, clusterId } = await admin.describeCluster();
    const lacking = await missingRights(kafka, admin);
    if (lacking.length === 0) return `cluster ${clusterId}, ${brokers.length} brokers`;
    throw new Diagnosed(
      `user ${nameIn(log.sasl)} is not permitted to ${lacking.join('; nor to ')}`,
      `\`faultline topics acls --faultline ${nameIn(log.sasl)} --apply\`, by a user who may alter rights`,
    );
  } finally {
    await admin.disconnect();
  }
}

/** Kafka; nothing when the log is embedded, since the journal's check speaks for it. */
export async function checkEventLog(
  { eventLog }: Configuration,
  { environment }: Terminal,
): Promise<readonly DoctorCheck[]> {
  if (eventLog.kind === 'embedded') return [];
  const next = 'check eventLog.brokers, tls and sasl, and the advertised listeners of the brokers';
  const what = `event log: Kafka at ${eventLog.brokers.join(', ')}`;
  return [await attempt(what, next, () => diagnosing('eventLog', () => askKafka(eventLog, environment)))];
}
