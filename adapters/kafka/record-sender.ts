import kafkajs from 'kafkajs';
import type { Kafka, Producer, TopicMessages } from 'kafkajs';
import { answerWithin } from '../clock/answer-within.js';
import { LogUnavailable, type NewRecord } from '../ports/event-log.js';
import { reasonOf, UnknownTopic, type Refusal } from '../event-log/errors.js';
import { partitionOfKey } from '../event-log/partition-of-key.js';
import { PartitionsNotAcknowledged, RequestPartitions } from './acknowledged-partitions.js';
import { producerSettings } from './client-settings.js';
import {
  asLogError,
  isFatalForProducer,
  isRecordAtFault,
  isUnknownTopic,
  protocolErrorType,
} from './kafka-errors.js';

export interface RecordSenderOptions {
  readonly compression: 'none' | 'gzip';
  /** Of connecting and of each request, all that KafkaJS tries of itself included. Default 180 s. */
  readonly longestAnswerMs?: number;
  readonly onTrouble: (message: string) => void;
}

/** How often one request is sent again with a new producer before it counts as unavailable. */
const freshProducers = 3;

/**
 * Sends requests with an idempotent producer, one at a time. After any failure the producer is replaced: KafkaJS has
 * then wound its sequence numbers back, and the broker would take the next, different records for repetitions of
 * what it already has, and drop them.
 */
export class RecordSender {
  private readonly kafka: Pick<Kafka, 'producer' | 'admin'>;
  private readonly options: RecordSenderOptions;
  private producer: Producer | undefined;
  private readonly partitions = new RequestPartitions();

  constructor(kafka: Pick<Kafka, 'producer' | 'admin'>, options: RecordSenderOptions) {
    this.kafka = kafka;
    this.options = options;
  }

  /** Resolves with what the log will never take, after all else was acknowledged by all in-sync replicas. */
  async send(records: readonly NewRecord[]): Promise<readonly Refusal[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.sendOnce(records);
        return [];
      } catch (error) {
        await this.replaceProducer();
        if (isRecordAtFault(error)) return this.sendHalves(records, error);
        if (isUnknownTopic(error)) throw await this.nameUnknownTopic(records, error);
        const isSentAgain = isFatalForProducer(error) || error instanceof PartitionsNotAcknowledged;
        if (!isSentAgain || attempt > freshProducers) throw asLogError(error);
        this.options.onTrouble(
          `new producer after ${protocolErrorType(error) ?? reasonOf(error)}, sending again`,
        );
      }
    }
  }

  async close(): Promise<void> {
    await this.replaceProducer();
  }

  private async sendOnce(records: readonly NewRecord[]): Promise<void> {
    const producer = await this.connected();
    this.partitions.clear();
    const { compression } = this.options;
    const answers = await this.answered(() =>
      producer.sendBatch({
        acks: -1,
        compression: compression === 'gzip' ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
        topicMessages: byTopic(records),
      }),
    );
    this.partitions.check(answers);
  }

  /** Finds the records at fault by halving. Neighbours on other partitions may be sent twice. */
  private async sendHalves(records: readonly NewRecord[], error: unknown): Promise<readonly Refusal[]> {
    const [only] = records;
    if (only === undefined) return [];
    if (records.length === 1) {
      return [{ record: only, reason: `the broker says ${protocolErrorType(error) ?? 'no'}` }];
    }
    const middle = Math.ceil(records.length / 2);
    const first = await this.send(records.slice(0, middle));
    return [...first, ...(await this.send(records.slice(middle)))];
  }

  private async connected(): Promise<Producer> {
    if (this.producer !== undefined) return this.producer;
    const producer = this.kafka.producer({
      ...producerSettings,
      createPartitioner:
        () =>
        ({ topic, message, partitionMetadata }) => {
          const partition = partitionOfKey(message.key ?? '', partitionMetadata.length);
          this.partitions.add(topic, partition);
          return partition;
        },
      // Within one request only: longer outages are the caller's to wait out, who still has the records.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 },
    });
    try {
      await this.answered(() => producer.connect());
    } catch (error) {
      await this.goodbye(producer);
      throw new LogUnavailable(`Kafka takes no producer: ${reasonOf(error)}`, { cause: error });
    }
    this.producer = producer;
    return producer;
  }

  private async replaceProducer(): Promise<void> {
    const producer = this.producer;
    this.producer = undefined;
    if (producer !== undefined) await this.goodbye(producer);
  }

  /** What it had under way is over by then: it would be in the way of what its successor sends. */
  private async goodbye(producer: Producer): Promise<void> {
    await this.answered(() => producer.disconnect()).catch(() => undefined);
  }

  /** A request whose answer KafkaJS has lost would hold up all that are to be sent after it, for ever. */
  private answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    return answerWithin(this.options.longestAnswerMs ?? 180_000, ask);
  }

  private async nameUnknownTopic(records: readonly NewRecord[], error: unknown): Promise<Error> {
    const topics = [...new Set(records.map(({ topic }) => topic))];
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      const present = new Set(await admin.listTopics());
      const missing = topics.find((topic) => !present.has(topic));
      return missing === undefined ? asLogError(error) : new UnknownTopic(missing, { cause: error });
    } catch (problem) {
      return asLogError(problem);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

function byTopic(records: readonly NewRecord[]): TopicMessages[] {
  const grouped = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of records) {
    const group = grouped.get(topic) ?? { topic, messages: [] };
    grouped.set(topic, group);
    group.messages.push({ key, value: value ?? null, headers: { ...headers } });
  }
  return [...grouped.values()];
}
