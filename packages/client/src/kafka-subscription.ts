import kafkajs, { type Consumer, type EachBatchPayload, type Kafka, type KafkaConfig } from 'kafkajs';
import { patchRequestQueue } from '../../protocols/request-queue-patch.js';
import { Checkpoint } from './checkpoint.js';
import { knowingStates } from './duplicate-filter.js';
import type { eventOfTopic } from './generated/events.js';
import { consumerSettings, crashOf, rawRecord } from './kafka-records.js';
import { beginWithStates } from './begin-with-states.js';
import type { PresentStates } from './present-states.js';
import { reasonOf, SubscriptionFailed, UnreadableRecord } from './problems.js';
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
   * leaves a gap. `states`: a group that has no checkpoint at all is first given the present state of each node (`NodeState`), and
   * then what is not in it; one copy of a subscriber begins so, others join when it has. Default `beginning`.
   */
  readonly from?: 'beginning' | 'now' | 'states';
  /** Default 1,000. What was acted on since comes again after a crash. */
  readonly checkpointEveryMs?: number;
}

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
  readonly #kafka: Kafka;
  readonly #schemas: WriterSchemas;
  readonly #stopping = new AbortController();
  /** Aborts when our partitions may be somebody else's, and at the end. */
  #generation = new AbortController();
  readonly #partitions = new Map<string, AssignedPartition>();
  readonly #running = new Set<Promise<void>>();
  /** Of the states that were given first, by node. */
  #told: ReadonlyMap<string, string> = new Map();
  #hasStart = false;
  #failure: Error | undefined;

  constructor(options: KafkaOptions) {
    patchRequestQueue();
    this.#options = { ...options, lastSequence: knowingStates(() => this.#told, options.lastSequence) };
    this.#kafka = new kafkajs.Kafka({ logLevel: kafkajs.logLevel.NOTHING, ...options.kafka });
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
        await this.#begin();
        if (this.#isOver()) break;
        await this.#consume(() => {
          tries = 0;
        });
      } catch (error) {
        if (error instanceof SubscriptionFailed || error instanceof UnreadableRecord) this.#fail(error);
        else if (isRefusal(error)) this.#fail(new SubscriptionFailed(refusalText(error), { cause: error }));
        else await this.#tryAgain(error, tries);
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives the present states, where that is wanted and the group was nowhere yet. */
  async #begin(): Promise<void> {
    const { from, group, topics } = this.#options;
    if (from !== 'states' || this.#hasStart) return;
    this.#hasStart = await beginWithStates(this.#kafka, {
      ...{ group, topics, signal: this.#stopping.signal },
      deliver: (states) => this.#deliverStates(states),
    });
  }

  /** Resolves when all are acknowledged; with false when it was interrupted. */
  async #deliverStates({ records, sequences }: PresentStates): Promise<boolean> {
    const { signal } = this.#stopping;
    const checkpoint = new Checkpoint<string>();
    const delivery = new PartitionDelivery(this.#options, checkpoint, signal);
    for (const record of records)
      if (!(await delivery.deliver(() => readRecord(record, this.#schemas), ''))) return false;
    while (checkpoint.open > 0 && !this.#isOver()) await backOff(1, signal);
    this.#told = sequences;
    return checkpoint.open === 0;
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
    const { group, topics, from = 'beginning', checkpointEveryMs = 1_000 } = this.#options;
    const consumer = this.#kafka.consumer({
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
      await consumer.subscribe({ topics: [...topics], fromBeginning: from !== 'now' });
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
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
