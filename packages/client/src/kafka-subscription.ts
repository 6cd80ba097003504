import kafkajs, { type Consumer, type EachBatchPayload, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import { patchRequestQueue } from '../../protocols/request-queue-patch.js';
import { Checkpoint } from './checkpoint.js';
import type { eventOfTopic } from './generated/events.js';
import { reasonOf, SubscriptionFailed, type RawRecord } from './problems.js';
import { readRecord } from './read-record.js';
import { backOff, PartitionDelivery, type SubscriberOptions, type Subscription } from './subscriber.js';
import { WriterSchemas, type RegistryAccess } from './writer-schemas.js';

export interface KafkaOptions extends SubscriberOptions {
  /** Brokers, `ssl`, `sasl`: KafkaJS's own. */
  readonly kafka: KafkaConfig;
  readonly registry: RegistryAccess;
  /** Copies of a subscriber share one. With Faultline's rights: the user's name, or `<user>.…`. */
  readonly group: string;
  readonly topics: readonly (keyof typeof eventOfTopic)[];
  /**
   * Where a partition is begun that has no checkpoint, or whose checkpoint is older than what Kafka still holds. `now` then
   * leaves a gap. Default `beginning`.
   */
  readonly from?: 'beginning' | 'now';
  /** Default 1,000. What was acted on since comes again after a crash. */
  readonly checkpointEveryMs?: number;
}

const consumerSettings = {
  sessionTimeout: 45_000,
  heartbeatInterval: 3_000,
  rebalanceTimeout: 90_000,
  maxWaitTimeInMs: 250,
  allowAutoTopicCreation: false,
} as const;
const beatEveryMs = 1_000;
const partitionsAtOnce = 8;

/** A partition while it is ours. */
class AssignedPartition {
  readonly checkpoint = new Checkpoint<string>();
  readonly delivery: PartitionDelivery<string>;
  /** What Kafka was told last. */
  committed: string | undefined;

  constructor(options: SubscriberOptions, signal: AbortSignal) {
    this.delivery = new PartitionDelivery(options, this.checkpoint, signal);
  }
}

/** Begins to read at once; what can't be reached is tried again, and told to `onTrouble`. */
export function subscribeToKafka(options: KafkaOptions): Subscription {
  return new KafkaSubscription(options);
}

class KafkaSubscription implements Subscription {
  readonly ended: Promise<void>;
  readonly #options: KafkaOptions;
  readonly #schemas: WriterSchemas;
  readonly #stopping = new AbortController();
  /** Aborts when our partitions may be somebody else's, and at the end. */
  #generation = new AbortController();
  readonly #partitions = new Map<string, AssignedPartition>();
  readonly #running = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(options: KafkaOptions) {
    patchRequestQueue();
    this.#options = options;
    this.#schemas = new WriterSchemas(options.registry);
    this.ended = this.#run();
    // Whoever only waits for stop() need not look at it.
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#end();
    await this.ended.catch(() => undefined);
  }

  async #run(): Promise<void> {
    for (let tries = 1; !this.#isOver(); tries += 1) {
      try {
        await this.#consume(() => {
          tries = 0;
        });
      } catch (error) {
        if (isRefusal(error)) this.#fail(new SubscriptionFailed(refusalText(error), { cause: error }));
        else await this.#tryAgain(error, tries);
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A method, since it changes while others are awaited. */
  #isOver(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #tryAgain(error: unknown, tries: number): Promise<void> {
    this.#options.onTrouble?.(`Kafka: ${reasonOf(error)}${this.#hintAbout(error)}`);
    await backOff(tries, this.#stopping.signal);
  }

  /** Of a group KafkaJS keeps to itself why nobody named its coordinator: brokers that start, or a right that is missing. */
  #hintAbout(error: unknown): string {
    if (!(error instanceof Error) || error.name !== 'KafkaJSGroupCoordinatorNotFound') return '';
    return `; if it stays so, the user has no right to the group ${this.#options.group}: name it like him, or <user>.…`;
  }

  #end(): void {
    this.#stopping.abort();
    this.#generation.abort();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#end();
  }

  /** One consumer, until the subscription is over (resolves) or KafkaJS has given it up (rejects). */
  async #consume(onJoined: () => void): Promise<void> {
    const { kafka, group, topics, from = 'beginning', checkpointEveryMs = 1_000 } = this.#options;
    const consumer = new kafkajs.Kafka({ logLevel: kafkajs.logLevel.NOTHING, ...kafka }).consumer({
      ...consumerSettings,
      groupId: group,
    });
    const crashed = crashOf(consumer);
    consumer.on(consumer.events.REBALANCING, () => {
      // Begun before our place is given up, so that the next one begins where we were.
      void this.#commit(consumer);
      this.#forget();
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.#forget();
      onJoined();
    });
    const timer = setInterval(() => void this.#commit(consumer), checkpointEveryMs);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: from === 'beginning' });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: (payload) => this.#handle(payload),
      });
      await Promise.race([crashed, aborted(this.#stopping.signal)]);
    } finally {
      clearInterval(timer);
      this.#generation.abort();
      await Promise.all(this.#running);
      await this.#commit(consumer);
      await consumer.disconnect().catch(() => undefined);
      this.#forget();
    }
  }

  /** Another member may have our partitions from now on: what runs is not begun again, and nothing is kept. */
  #forget(): void {
    this.#generation.abort();
    this.#partitions.clear();
    if (!this.#isOver()) this.#generation = new AbortController();
  }

  #partition(topic: string, partition: number): AssignedPartition {
    const name = `${topic}/${partition}`;
    const known = this.#partitions.get(name);
    if (known !== undefined) return known;
    const made = new AssignedPartition(this.#options, this.#generation.signal);
    this.#partitions.set(name, made);
    return made;
  }

  async #handle(payload: EachBatchPayload): Promise<void> {
    const stopBeating = keepBeating(payload);
    const work = this.#deliverAll(payload).catch((error: unknown) => {
      this.#fail(error instanceof Error ? error : new SubscriptionFailed(reasonOf(error)));
    });
    this.#running.add(work);
    try {
      await work;
    } finally {
      this.#running.delete(work);
      stopBeating();
    }
    // Says that the group has changed, where it has.
    await payload.heartbeat();
  }

  async #deliverAll(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const assigned = this.#partition(topic, partition);
    const { signal } = this.#generation;
    for (const message of messages) {
      if (!payload.isRunning() || payload.isStale() || signal.aborted) return;
      const record = rawRecord(topic, partition, message);
      const next = String(BigInt(message.offset) + 1n);
      if (!(await assigned.delivery.deliver(() => readRecord(record, this.#schemas), next))) return;
      payload.resolveOffset(message.offset);
    }
  }

  /** At least once: a checkpoint that Kafka does not take is tried again with the next one. */
  async #commit(consumer: Consumer): Promise<void> {
    const moved = [...this.#partitions].flatMap(([name, assigned]) => {
      const { reached } = assigned.checkpoint;
      return reached === undefined || reached === assigned.committed ? [] : [{ name, assigned, reached }];
    });
    if (moved.length === 0) return;
    const offsets = moved.map(({ name, reached }) => {
      const slash = name.lastIndexOf('/');
      return { topic: name.slice(0, slash), partition: Number(name.slice(slash + 1)), offset: reached };
    });
    try {
      await consumer.commitOffsets(offsets);
      for (const { assigned, reached } of moved) assigned.committed = reached;
    } catch (error) {
      this.#options.onTrouble?.(`checkpoint: ${reasonOf(error)}`);
    }
  }
}

/** KafkaJS beats only between batches; a handler may take longer than a session. */
function keepBeating(payload: EachBatchPayload): () => void {
  const timer = setInterval(() => {
    // That it fails is said by the one after the batch.
    payload.heartbeat().catch(() => undefined);
  }, beatEveryMs);
  return () => {
    clearInterval(timer);
  };
}

/** Rejects when KafkaJS has given its consumer up; it says so nowhere else. */
function crashOf(consumer: Consumer): Promise<never> {
  const crashed = new Promise<never>((_resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart) reject(error);
    });
  });
  // It may come while something else is waited for.
  crashed.catch(() => undefined);
  return crashed;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function rawRecord(topic: string, partition: number, message: KafkaMessage): RawRecord {
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

/** What no waiting mends. */
const refusals = /_AUTHORIZATION_FAILED$|^KafkaJSSASLAuthenticationError$/;

function isRefusal(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; depth += 1) {
    if (refusals.test(current.name)) return true;
    if ('type' in current && typeof current.type === 'string' && refusals.test(current.type)) return true;
    current = current.cause;
  }
  return false;
}

function refusalText(error: unknown): string {
  return `Kafka: ${reasonOf(error)}: check user, password, group and topics, and what \`faultline topics acls\` gives the user`;
}
