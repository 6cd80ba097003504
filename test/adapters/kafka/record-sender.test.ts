import type { Admin, Kafka, Producer, ProducerBatch, ProducerConfig, RecordMetadata } from 'kafkajs';
import { expect, it } from 'vitest';
import { RecordSender } from '../../../adapters/kafka/record-sender.js';
import { LogUnavailable, type NewRecord } from '../../../adapters/ports/event-log.js';

const records: readonly NewRecord[] = Array.from({ length: 12 }, (_, index) => ({
  topic: 'reports',
  key: `a/node-${index}`,
  value: Buffer.from('x'),
  headers: {},
}));

/** Four partitions; which of them are acknowledged is for the test to say, for each request in turn. */
class HalfHeardKafka implements Pick<Kafka, 'producer' | 'admin'> {
  readonly requests: number[] = [];
  readonly #acknowledges: readonly (readonly number[])[];
  /** The first request is never answered, nor is the goodbye of its producer. */
  isLostFirst = false;

  constructor(acknowledges: readonly (readonly number[])[]) {
    this.#acknowledges = acknowledges;
  }

  admin(): Admin {
    throw new Error('is not asked');
  }

  producer(config?: ProducerConfig): Producer {
    const never = (): never => {
      throw new Error('is not used');
    };
    return {
      connect: () => Promise.resolve(),
      disconnect: () => (this.#isLost() ? new Promise(() => undefined) : Promise.resolve()),
      sendBatch: (batch) => {
        const answer = this.#answer(config, batch);
        return this.#isLost() ? new Promise(() => undefined) : Promise.resolve(answer);
      },
      isIdempotent: () => true,
      send: never,
      transaction: never,
      logger: never,
      on: never,
      events: {
        CONNECT: 'producer.connect',
        DISCONNECT: 'producer.disconnect',
        REQUEST: 'producer.network.request',
        REQUEST_TIMEOUT: 'producer.network.request_timeout',
        REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size',
      },
    };
  }

  #isLost(): boolean {
    return this.isLostFirst && this.requests.length === 1;
  }

  #answer(config: ProducerConfig | undefined, { topicMessages = [] }: ProducerBatch): RecordMetadata[] {
    const partition = config?.createPartitioner?.();
    const partitionMetadata = [0, 1, 2, 3].map((partitionId) => ({
      ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
    }));
    for (const { topic, messages } of topicMessages) {
      for (const message of messages) partition?.({ topic, message, partitionMetadata });
    }
    const acknowledged = this.#acknowledges[this.requests.length] ?? [0, 1, 2, 3];
    this.requests.push(topicMessages.flatMap(({ messages }) => messages).length);
    return acknowledged.map((number) => ({ topicName: 'reports', partition: number, errorCode: 0 }));
  }
}

function senderOn(kafka: HalfHeardKafka, told: string[] = []): RecordSender {
  return new RecordSender(kafka, { compression: 'none', onTrouble: (message) => told.push(message) });
}

it('a report was acknowledged and on no broker: when KafkaJS tells of success without an answer for each partition, then all is sent again', async () => {
  const kafka = new HalfHeardKafka([[0, 1, 3]]);
  const told: string[] = [];
  expect(await senderOn(kafka, told).send(records)).toEqual([]);
  expect(kafka.requests).toEqual([12, 12]);
  expect(told).toEqual([expect.stringContaining('no broker has acknowledged what was sent to reports-2')]);
});

it('given a log that never answers for a partition, then nothing is acknowledged', async () => {
  const kafka = new HalfHeardKafka(Array.from({ length: 9 }, () => [0, 1, 3]));
  await expect(senderOn(kafka).send(records)).rejects.toThrow(LogUnavailable);
});

it('given an answer for each partition, then it is sent once', async () => {
  const kafka = new HalfHeardKafka([]);
  expect(await senderOn(kafka).send(records)).toEqual([]);
  expect(kafka.requests).toEqual([12]);
});

it('all that was to be sent stood still for ever: given a request whose answer is lost, then that is said after a while, and the next is sent', async () => {
  const kafka = new HalfHeardKafka([]);
  kafka.isLostFirst = true;
  const sender = new RecordSender(kafka, {
    compression: 'none',
    onTrouble: () => undefined,
    longestAnswerMs: 200,
  });
  await expect(sender.send(records)).rejects.toThrow(LogUnavailable);
  expect(await sender.send(records)).toEqual([]);
});
