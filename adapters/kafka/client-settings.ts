import type { ConsumerConfig, ConsumerRunConfig, ProducerConfig } from 'kafkajs';

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
