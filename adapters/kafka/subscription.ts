import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumeOptions, Subscription } from '../ports/event-log.js';
import { reasonOf, UnknownTopic } from '../event-log/errors.js';
import { ConsumerCrashed, GroupSession, type GroupSessionContext } from './group-session.js';
import type { TopicAdmin } from './topic-admin.js';

export interface KafkaSubscriptionContext extends Omit<
  GroupSessionContext,
  'logId' | 'bounds' | 'boundsByPlace' | 'firstSince' | 'lostMember' | 'pause' | 'onRefusal'
> {
  readonly admin: TopicAdmin;
  readonly retryDelayMs: number;
}

/**
 * A member of a Kafka consumer group. Lost brokers are waited out in new sessions; what can't be mended by waiting
 * (a crash that KafkaJS does not take for retriable, wrong credentials, a missing topic) rejects `ended`.
 */
export class KafkaSubscription implements Subscription {
  readonly ended: Promise<void>;
  readonly options: ConsumeOptions;
  private readonly context: KafkaSubscriptionContext;
  private readonly stopped = new AbortController();
  private readonly whenStopped: Promise<void>;
  private session: GroupSession | undefined;
  private lostMember: string | undefined;
  private refusal: Error | undefined;

  constructor(context: KafkaSubscriptionContext, options: ConsumeOptions) {
    this.context = context;
    this.options = options;
    this.whenStopped = new Promise((resolve) => {
      this.stopped.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    this.ended = this.run();
    // Whoever awaits `ended` sees the rejection; nobody awaiting it must not end the process by itself.
    this.ended.catch(() => undefined);
  }

  isHealthy(): boolean {
    return this.session?.isJoined === true && !this.stopped.signal.aborted;
  }

  /** Next offset of each partition that this member has begun to read. */
  positions(): ReadonlyMap<string, bigint> {
    return this.session?.positions() ?? new Map<string, bigint>();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.ended.catch(() => undefined);
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      try {
        await this.oneSession(() => {
          failures = 0;
        });
      } catch (error) {
        if (isFinal(error)) throw error;
        failures += 1;
        this.context.onTrouble(`group ${this.options.group}: ${reasonOf(error)}`);
        await this.pause(failures);
      } finally {
        this.session = undefined;
      }
    }
    if (this.refusal !== undefined) throw this.refusal;
  }

  private async oneSession(onReached: () => void): Promise<void> {
    const { admin } = this.context;
    for (const topic of this.options.topics) await admin.describe(topic);
    const logId = await admin.clusterId();
    onReached();
    const session = new GroupSession(
      {
        ...this.context,
        logId,
        lostMember: this.lostMember,
        bounds: (topic) => admin.bounds(topic),
        boundsByPlace: (topics) => admin.boundsByPlace(topics),
        firstSince: (topic, partition, appendedAt) => admin.firstSince(topic, partition, appendedAt),
        pause: (attempt) => this.pause(attempt),
        onRefusal: (error) => {
          this.refusal ??= error;
          this.stopped.abort();
        },
      },
      this.options,
    );
    this.session = session;
    try {
      await session.run(this.whenStopped);
    } finally {
      this.lostMember = session.memberLeftBehind;
    }
  }

  private async pause(attempt: number): Promise<void> {
    const delayMs = Math.min(this.context.retryDelayMs * 2 ** Math.min(attempt - 1, 10), 5000);
    await sleep(delayMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }
}

/** Waiting does not help: the process should say so and exit. */
function isFinal(error: unknown): boolean {
  if (error instanceof UnknownTopic) return true;
  const names: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) names.push(current.name);
  if (names.includes('KafkaJSSASLAuthenticationError')) return true;
  // KafkaJS takes this for final, but it is what brokers answer while they restart.
  if (names.includes('KafkaJSGroupCoordinatorNotFound')) return false;
  return error instanceof ConsumerCrashed && !error.retriable;
}
