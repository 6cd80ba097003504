import type { RecordMetadata } from 'kafkajs';

/**
 * KafkaJS said that a request has succeeded, and part of it was acknowledged by nobody. It keeps answers by broker: when
 * one broker has answered and another has not, and the partitions of the other move to the first, its next try takes the
 * first for done and sends it nothing.
 */
export class PartitionsNotAcknowledged extends Error {
  override readonly name = 'PartitionsNotAcknowledged';

  constructor(partitions: readonly string[]) {
    super(`no broker has acknowledged what was sent to ${partitions.join(', ')}`);
  }
}

/** The partitions that one request goes to, to be held against those that brokers have acknowledged. */
export class RequestPartitions {
  readonly #chosen = new Set<string>();

  /** Before each request. */
  clear(): void {
    this.#chosen.clear();
  }

  /** A record of the request goes there. */
  add(topic: string, partition: number): void {
    this.#chosen.add(`${topic}-${partition}`);
  }

  /** @throws PartitionsNotAcknowledged when one of them is not among the answers */
  check(answers: readonly RecordMetadata[]): void {
    const acknowledged = new Set(
      answers
        .filter(({ errorCode }) => errorCode === 0)
        .map(({ topicName, partition }) => `${topicName}-${partition}`),
    );
    const missing = [...this.#chosen].filter((partition) => !acknowledged.has(partition));
    if (missing.length > 0) throw new PartitionsNotAcknowledged(missing);
  }
}
