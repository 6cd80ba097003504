import type { ITopicConfig } from 'kafkajs';
import type { TopicSpecification } from '../../ports/event-log.js';

/** What a topic takes as one batch of records; our requests stay below it. */
export const maxBatchBytes = 4_194_304;

const dayMs = 86_400_000;

/** What a topic is made with, in Kafka's names. */
export function topicSettings({
  retentionMs,
  compacted,
}: Pick<TopicSpecification, 'retentionMs' | 'compacted'>): Readonly<Record<string, string>> {
  return {
    // With a producer's own times, one record from a clock that is ahead makes the broker refuse a whole request.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': `${maxBatchBytes}`,
    'cleanup.policy': compacted ? 'compact' : 'delete',
    'retention.ms': `${retentionMs}`,
    // A limit of the broker's own would end early what is to be kept for its days.
    'retention.bytes': '-1',
    // What is still written to is never compacted: whoever reads to the end reads it all.
    ...(compacted ? { 'segment.ms': `${dayMs}` } : {}),
  };
}

/** A topic as KafkaJS is told to make it. `replicationFactor` -1: the broker's default. */
export function newTopic(specification: TopicSpecification, replicationFactor: number): ITopicConfig {
  return {
    topic: specification.topic,
    numPartitions: specification.partitions,
    replicationFactor,
    configEntries: Object.entries(topicSettings(specification)).map(([name, value]) => ({ name, value })),
  };
}
