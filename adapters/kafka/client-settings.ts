import kafkajs from 'kafkajs';
import type { ConsumerConfig, ConsumerRunConfig, KafkaConfig, ProducerConfig } from 'kafkajs';

/** Where the brokers are, and who we are to them. */
export interface ClusterAccess {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
}

/** How we connect. */
export function clusterSettings({ brokers, clientId, ssl, sasl }: ClusterAccess): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    connectionTimeout: 5000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    // Connecting only; whoever needs the connection tries again.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
    logLevel: kafkajs.logLevel.NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

/** How we produce. Also what the benchmark's floor produces with: it compares with KafkaJS as we use it. */
export const producerSettings = {
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  metadataMaxAge: 60_000,
} as const satisfies ProducerConfig;

/** How we consume, but for what an installation chooses. */
export const consumerSettings = {
  sessionTimeout: 45_000,
  heartbeatInterval: 3_000,
  rebalanceTimeout: 90_000,
  maxWaitTimeInMs: 250,
  minBytes: 1,
  // Whoever catches up would otherwise hold ten megabytes of records, and ten times as much once they are objects.
  maxBytes: 2_097_152,
  maxBytesPerPartition: 524_288,
  allowAutoTopicCreation: false,
} as const satisfies Omit<ConsumerConfig, 'groupId'>;

/** Offsets are the journal's business, so KafkaJS neither commits nor resolves any by itself. */
export const runSettings = {
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 16,
} as const satisfies ConsumerRunConfig;
