import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Cluster, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { placeName, type ConsumeOptions, type PartitionBounds } from '../ports/event-log.js';
import { answerWithin } from '../clock/answer-within.js';
import { reasonOf } from '../event-log/errors.js';
import { AssignedPartitionState } from './assigned-partition.js';
import { consumerSettings, runSettings } from './client-settings.js';
import { signOff } from './lost-member.js';
import { OffsetHints } from './offset-hints.js';
import { StallWatch, type PartitionStanding } from './stall-watch.js';

export interface GroupSessionContext {
  readonly kafka: Kafka;
  readonly bounds: (topic: string) => Promise<readonly PartitionBounds[]>;
  readonly boundsByPlace: (topics: readonly string[]) => Promise<ReadonlyMap<string, PartitionBounds>>;
  readonly firstSince: (topic: string, partition: number, appendedAt: number) => Promise<bigint>;
  readonly logId: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxWaitMs: number;
  /** A partition from which nothing comes at two looks so far apart, although there is something, ends the session. */
  readonly stallCheckMs: number;
  readonly pause: (attempt: number) => Promise<void>;
  readonly onTrouble: (message: string) => void;
  /** Member that an earlier session of ours left behind by a crash. */
  readonly lostMember: string | undefined;
  /** `startAt` refused. */
  readonly onRefusal: (error: Error) => void;
}

/** KafkaJS gave up a consumer; `retriable` as KafkaJS sees it. */
export class ConsumerCrashed extends Error {
  override readonly name = 'ConsumerCrashed';
  readonly retriable: boolean;

  constructor(cause: Error, retriable: boolean) {
    super(`the Kafka consumer has crashed: ${reasonOf(cause)}`, { cause });
    this.retriable = retriable;
  }
}

/** Longer than any rebalance. */
const longestSilenceMs = 180_000;
/** How long the end of a consumer is waited for that may hang: a fetch is given up by then. */
const longestGoodbyeMs = 35_000;

/** One KafkaJS consumer from joining its group until it is stopped or crashes. */
export class GroupSession {
  private readonly context: GroupSessionContext;
  private readonly options: ConsumeOptions;
  private readonly consumer: Consumer;
  private readonly hints: OffsetHints;
  private readonly states = new Map<string, AssignedPartitionState>();
  private readonly crash: Promise<never>;
  private cluster: Cluster | undefined;
  private member: string | undefined;
  private joined = false;
  private lastHeard = 0;
  private retriable = false;

  constructor(context: GroupSessionContext, options: ConsumeOptions) {
    this.context = context;
    this.options = options;
    this.consumer = context.kafka.consumer({
      groupId: options.group,
      partitionAssigners: [
        (config) => {
          // The only place where KafkaJS hands out its cluster.
          this.cluster = config.cluster;
          return kafkajs.PartitionAssigners.roundRobin(config);
        },
      ],
      ...consumerSettings,
      sessionTimeout: context.sessionTimeoutMs,
      heartbeatInterval: context.heartbeatIntervalMs,
      maxWaitTimeInMs: context.maxWaitMs,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1000,
        retries: 5,
        // KafkaJS only asks about errors that it takes for retriable. It never restarts by itself: a restarted
        // consumer could not be stopped while it waits. The subscription begins a new session instead.
        restartOnFailure: () => {
          this.retriable = true;
          return Promise.resolve(false);
        },
      },
    });
    this.member = context.lostMember;
    this.hints = new OffsetHints(this.consumer);
    this.crash = this.watch();
    this.crash.catch(() => undefined);
  }

  /** True between joining and the end, while the group's coordinator answers. */
  get isJoined(): boolean {
    const { heartbeatIntervalMs, maxWaitMs } = this.context;
    return this.joined && Date.now() - this.lastHeard < 3 * heartbeatIntervalMs + 2 * maxWaitMs;
  }

  /** Next offset of each partition that was begun, by topic and partition. */
  positions(): ReadonlyMap<string, bigint> {
    return new Map(
      [...this.states].flatMap(([name, { position }]) => (position === undefined ? [] : [[name, position]])),
    );
  }

  /** The member of the group that remains when this session crashes; undefined: none. */
  get memberLeftBehind(): string | undefined {
    return this.member;
  }

  /** Joins and reads until `stopped` resolves; rejects with ConsumerCrashed or whatever keeps it from joining. */
  async run(stopped: Promise<void>): Promise<void> {
    try {
      await answerWithin(longestSilenceMs, () => this.join());
      const over = new AbortController();
      try {
        await Promise.race([this.crash, stopped, this.stall(over.signal)]);
      } finally {
        over.abort();
      }
      // Stops fetching and waits for the batches under way; the hints need the connection once more.
      await this.finishBatches();
      await this.hints.commit();
    } finally {
      this.hints.close();
      this.revokeAll();
      this.joined = false;
      await this.goodbye();
    }
  }

  private async join(): Promise<void> {
    await this.consumer.connect();
    const { lostMember } = this.context;
    if (lostMember !== undefined && this.cluster !== undefined) {
      await signOff(this.cluster, this.options.group, lostMember);
      this.member = undefined;
    }
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await this.consumer.run({
      ...runSettings,
      eachBatch: (payload) => this.handle(payload),
    });
  }

  private async goodbye(): Promise<void> {
    await answerWithin(longestGoodbyeMs, () => this.consumer.disconnect()).catch(() => undefined);
  }

  /** Rejects when KafkaJS fetches no more; stays pending otherwise, until `over`. */
  private async stall(over: AbortSignal): Promise<void> {
    const watch = new StallWatch();
    for (;;) {
      await sleep(this.context.stallCheckMs, undefined, { signal: over });
      if (this.joined && Date.now() - this.lastHeard > longestSilenceMs) {
        throw new ConsumerCrashed(new Error('no heartbeat has been taken for long'), true);
      }
      const stalled = watch.look(Date.now(), this.standings(), await this.highs());
      if (stalled.length === 0) continue;
      const names = stalled.join(', ');
      throw new ConsumerCrashed(new Error(`nothing comes from ${names}, where records are waiting`), true);
    }
  }

  /** None while the group is rebalancing: then nothing is fetched for as long as its slowest member takes. */
  private standings(): readonly PartitionStanding[] {
    if (!this.isJoined) return [];
    return [...this.states].map(([name, { position, busySince }]) => ({ name, position, busySince }));
  }

  /** Empty while the brokers do not answer. */
  private async highs(): Promise<ReadonlyMap<string, bigint>> {
    try {
      const bounds = await this.context.boundsByPlace(this.options.topics);
      return new Map([...bounds].map(([name, { high }]) => [name, high]));
    } catch {
      return new Map();
    }
  }

  private async finishBatches(): Promise<void> {
    await Promise.all([...this.states.values()].map((state) => state.finish()));
  }

  private watch(): Promise<never> {
    const { events } = this.consumer;
    this.consumer.on(events.HEARTBEAT, () => {
      this.lastHeard = Date.now();
    });
    this.consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.lastHeard = Date.now();
      this.member = payload.memberId;
      this.assign(payload.memberAssignment);
    });
    this.consumer.on(events.START_BATCH_PROCESS, ({ payload }) => {
      // KafkaJS steps over batches without any record for us (compacted away) and tells only here.
      if (payload.batchSize === 0) {
        this.states.get(placeName(payload))?.stepOver(BigInt(payload.lastOffset));
      }
    });
    return new Promise((_resolve, reject) => {
      this.consumer.on(events.CRASH, ({ payload }) => {
        this.revokeAll();
        this.joined = false;
        reject(new ConsumerCrashed(payload.error, this.retriable));
      });
    });
  }

  /** Runs before KafkaJS fetches anything in this generation. */
  private assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    const before = new Map(this.states);
    this.revokeAll();
    this.joined = true;
    const asked = new Map<string, Promise<readonly PartitionBounds[]>>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        const name = placeName({ topic, partition });
        const state = new AssignedPartitionState({
          ...this.context,
          consumer: this.consumer,
          hints: this.hints,
          consume: this.options,
          topic,
          partition,
          // One question for all partitions of a topic, at the first try.
          firstBounds: () => {
            const answer = asked.get(topic) ?? this.context.bounds(topic);
            asked.set(topic, answer);
            return answer;
          },
        });
        this.states.set(name, state);
        state.begin(before.get(name)?.idle());
      }
    }
  }

  private async handle(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    await this.states.get(placeName({ topic, partition }))?.handle(payload);
  }

  private revokeAll(): void {
    for (const state of this.states.values()) state.revoke();
    this.states.clear();
  }
}
