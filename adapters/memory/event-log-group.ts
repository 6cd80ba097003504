import { placeName, type ConsumeOptions, type Subscription } from '../ports/event-log.js';
import { PartitionReader } from '../event-log/partition-reader.js';
import type { MemoryEventLog } from './event-log.js';

interface Owned {
  readonly owner: MemorySubscription;
  readonly reader: PartitionReader;
}

/** A consumer group: partitions are shared among its members in the order in which these joined. */
export class MemoryGroup {
  private readonly log: MemoryEventLog;
  private readonly members: MemorySubscription[] = [];
  private readonly owned = new Map<string, Owned>();

  constructor(log: MemoryEventLog) {
    this.log = log;
  }

  join(options: ConsumeOptions): MemorySubscription {
    const member = new MemorySubscription(options, (gone) => this.leave(gone));
    try {
      for (const topic of options.topics) this.log.partitionCount(topic);
    } catch (error) {
      member.fail(error instanceof Error ? error : new Error(String(error)));
      return member;
    }
    this.members.push(member);
    this.assign();
    return member;
  }

  wake(): void {
    for (const { reader } of this.owned.values()) reader.wake();
  }

  /** See MemoryEventLog.unread. */
  unread(): bigint {
    let sum = 0n;
    for (const [topic, partition] of this.partitions()) {
      const { low, high } = this.log.assigned(topic, partition);
      const position = this.owned.get(placeName({ topic, partition }))?.reader.position ?? low;
      if (high > position) sum += high - position;
    }
    return sum;
  }

  /** Forgets a member at once; the next owner does not wait for its batch. */
  crash(subscription: Subscription): void {
    const member = this.members.find((candidate) => candidate === subscription);
    if (member === undefined) {
      // It was leaving: whoever comes after it must not wait for a batch that never ends.
      if (subscription instanceof MemorySubscription) subscription.crash();
      return;
    }
    for (const [name, { owner, reader }] of this.owned) {
      if (owner !== member) continue;
      void reader.revoke();
      this.owned.delete(name);
    }
    this.members.splice(this.members.indexOf(member), 1);
    member.crash();
    this.assign();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.members].map((member) => member.stop()));
  }

  private async leave(member: MemorySubscription): Promise<void> {
    const index = this.members.indexOf(member);
    if (index < 0) return;
    this.members.splice(index, 1);
    const finished = [...this.owned.values()].filter(({ owner }) => owner === member);
    this.assign();
    for (const [name, { owner }] of this.owned) if (owner === member) this.owned.delete(name);
    await Promise.all(finished.map(({ reader }) => reader.revoke()));
  }

  private assign(): void {
    this.partitions().forEach(([topic, partition], index) => {
      const candidates = this.members.filter(({ options }) => options.topics.includes(topic));
      const owner = candidates[index % candidates.length];
      const before = this.owned.get(placeName({ topic, partition }));
      if (before?.owner === owner) return;
      const finished = before && Promise.race([before.reader.revoke(), before.owner.crashed]);
      if (owner === undefined) return;
      this.owned.set(placeName({ topic, partition }), {
        owner,
        reader: this.reader(owner, topic, partition, finished),
      });
    });
  }

  private reader(
    owner: MemorySubscription,
    topic: string,
    partition: number,
    finished: Promise<void> | undefined,
  ): PartitionReader {
    const { clock, pace, retryDelayMs = 1000 } = this.log.options;
    return new PartitionReader(
      {
        source: {
          assigned: async () => {
            await pace?.('assign', topic);
            return this.log.assigned(topic, partition);
          },
          fetch: async (from, limit) => {
            await pace?.('fetch', topic);
            return this.log.fetch(topic, partition, from, limit);
          },
        },
        consume: owner.options,
        pause: (_attempt, signal) => clock.waitUntil(clock.now() + retryDelayMs, signal),
        onRefusal: (error) => {
          owner.fail(error);
          void this.leave(owner);
        },
        onTrouble: () => undefined,
      },
      finished,
    );
  }

  private partitions(): readonly (readonly [string, number])[] {
    const topics = [...new Set(this.members.flatMap(({ options }) => options.topics))].sort();
    return topics.flatMap((topic) =>
      Array.from({ length: this.log.partitionCount(topic) }, (_, partition) => [topic, partition] as const),
    );
  }
}

export class MemorySubscription implements Subscription {
  readonly options: ConsumeOptions;
  readonly ended: Promise<void>;
  /** Resolves when the simulation crashed this member: then nobody waits for its batches any more. */
  readonly crashed: Promise<void>;
  private readonly leave: (member: MemorySubscription) => Promise<void>;
  private settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  private resolveCrashed: (() => void) | undefined;
  private hasEnded = false;
  private stopping: Promise<void> | undefined;

  constructor(options: ConsumeOptions, leave: (member: MemorySubscription) => Promise<void>) {
    this.options = options;
    this.leave = leave;
    this.ended = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.crashed = new Promise((resolve) => {
      this.resolveCrashed = resolve;
    });
    // Whoever awaits `ended` sees the rejection; nobody awaiting it must not end the process by itself.
    this.ended.catch(() => undefined);
  }

  isHealthy(): boolean {
    return !this.hasEnded;
  }

  stop(): Promise<void> {
    this.stopping ??= this.leave(this).then(() => {
      this.hasEnded = true;
      this.settle?.resolve();
    });
    return this.stopping;
  }

  crash(): void {
    this.fail(new Error('crashed by the simulation'));
    this.resolveCrashed?.();
  }

  /** Ends with this error. */
  fail(error: Error): void {
    this.hasEnded = true;
    this.settle?.reject(error);
  }
}
