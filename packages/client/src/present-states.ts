import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import {
  coverageHeader,
  joinedCoverage,
  parseCoverage,
  type Coverage,
} from '../../../schemas/state-coverage.js';
import { stateTopic } from './generated/events.js';
import { consumerSettings, crashOf, rawRecord } from './kafka-records.js';
import type { RawRecord } from './problems.js';

/** What `node.state` tells whoever begins now. */
export interface PresentStates {
  /** The latest of each node, not yet read. */
  readonly records: readonly RawRecord[];
  /** Of each node, `ce_sequence` of its state. */
  readonly sequences: ReadonlyMap<string, string>;
  /** By partition: what is in these states. */
  readonly covered: ReadonlyMap<number, Coverage>;
}

/** What a partition holds. */
export interface Offsets {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

class Collected implements PresentStates {
  readonly #latest = new Map<string, RawRecord>();
  readonly sequences = new Map<string, string>();
  readonly covered = new Map<number, Coverage>();
  /** Next offset up to which each partition is to be read. */
  readonly #open: Map<number, bigint>;

  constructor(offsets: readonly Offsets[]) {
    const filled = offsets.filter(({ low, high }) => BigInt(low) < BigInt(high));
    this.#open = new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  }

  get records(): readonly RawRecord[] {
    return [...this.#latest.values()];
  }

  get isWhole(): boolean {
    return this.#open.size === 0;
  }

  take({ batch: { partition, messages } }: EachBatchPayload): void {
    for (const message of messages) this.#takeRecord(partition, rawRecord(stateTopic, partition, message));
    const next = BigInt(messages.at(-1)?.offset ?? '-1') + 1n;
    if (next >= (this.#open.get(partition) ?? 0n)) this.#open.delete(partition);
  }

  /** A lower one behind a higher one comes from a writer that did not know yet that it is over. */
  #takeRecord(partition: number, record: RawRecord): void {
    const { key = '', headers, value } = record;
    const { ce_sequence: sequence = '' } = headers;
    const covers = parseCoverage(headers[coverageHeader]);
    this.covered.set(partition, joinedCoverage(this.covered.get(partition) ?? new Map(), covers));
    if (value === undefined || sequence < (this.sequences.get(key) ?? '')) return;
    this.#latest.set(key, record);
    this.sequences.set(key, sequence);
  }
}

/** Reads the topic to where it ends now, in a group of its own that keeps nothing. Rejects as KafkaJS does. */
export async function readStates(
  kafka: Kafka,
  { admin, group, signal }: { readonly admin: Admin; readonly group: string; readonly signal: AbortSignal },
): Promise<PresentStates> {
  const collected = new Collected(await admin.fetchTopicOffsets(stateTopic));
  if (collected.isWhole) return collected;
  const consumer = kafka.consumer({ ...consumerSettings, groupId: `${group}.states-${randomUUID()}` });
  try {
    await Promise.race([crashOf(consumer), readAll(consumer, collected, signal)]);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
  signal.throwIfAborted();
  return collected;
}

async function readAll(consumer: Consumer, collected: Collected, signal: AbortSignal): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic: stateTopic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
    const running = consumer.run({
      autoCommit: false,
      eachBatch: (payload) => {
        collected.take(payload);
        if (collected.isWhole) resolve();
        return Promise.resolve();
      },
    });
    running.catch(reject);
  });
}
