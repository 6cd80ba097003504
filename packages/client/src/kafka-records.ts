import type { Consumer, KafkaMessage } from 'kafkajs';
import type { RawRecord } from './problems.js';

/** Of every consumer of ours. */
export const consumerSettings = {
  sessionTimeout: 45_000,
  heartbeatInterval: 3_000,
  rebalanceTimeout: 90_000,
  maxWaitTimeInMs: 250,
  allowAutoTopicCreation: false,
} as const;

/** Rejects when KafkaJS has given its consumer up; it says so nowhere else. */
export function crashOf(consumer: Consumer): Promise<never> {
  const crashed = new Promise<never>((_resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart) reject(error);
    });
  });
  // It may come while something else is waited for.
  crashed.catch(() => undefined);
  return crashed;
}

/** A message as KafkaJS gives it, with its headers as text. */
export function rawRecord(topic: string, partition: number, message: KafkaMessage): RawRecord {
  const { offset, key, value, headers = {} } = message;
  const texts = Object.entries(headers).flatMap(([name, given]) => {
    const one = Array.isArray(given) ? given.at(-1) : given;
    return one === undefined ? [] : [[name, one.toString()] as const];
  });
  return {
    topic,
    partition,
    offset,
    key: key?.toString('utf8'),
    value: value ?? undefined,
    headers: Object.fromEntries(texts),
  };
}
