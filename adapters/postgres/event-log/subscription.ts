import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ConsumeOptions, Subscription } from '../../ports/event-log.js';
import { reasonOf, UnknownTopic } from '../../event-log/errors.js';
import { PartitionReader, type FetchedRecords } from '../../event-log/partition-reader.js';
import { fetchBounds, fetchWithBounds } from './fetching.js';
import { Membership, type OwnedPartition } from './membership.js';
import type { TopicDirectory } from './topic-directory.js';
import { parseNews, type Growth } from './wake-ups.js';

export interface SubscriptionContext {
  readonly pool: pg.Pool;
  readonly clientConfig: pg.ClientConfig;
  readonly topics: TopicDirectory;
  readonly identify: () => Promise<string>;
  readonly leaseMs: number;
  readonly retryDelayMs: number;
  readonly onTrouble: (message: string) => void;
}

interface Reading {
  readonly owned: OwnedPartition;
  readonly reader: PartitionReader;
  /** As far as this member was told that the partition reaches. */
  high: bigint;
  /** What it was told may be too little: look, whatever `high` says. */
  mustLook: boolean;
}

/** A member of a group on the PostgreSQL log. When its connection is lost it enters the group anew. */
export class PostgresSubscription implements Subscription {
  readonly ended: Promise<void>;
  readonly options: ConsumeOptions;
  private readonly context: SubscriptionContext;
  private readonly stopped = new AbortController();
  private readonly readings = new Map<string, Reading>();
  /** Taken away from us, with a batch still under way. */
  private readonly leaving = new Set<string>();
  private refusal: Error | undefined;
  private isMember = false;
  private ring: (() => void) | undefined;
  private rung = false;

  constructor(context: SubscriptionContext, options: ConsumeOptions) {
    this.context = context;
    this.options = options;
    this.ended = this.run();
    // Whoever awaits `ended` sees the rejection; nobody awaiting it must not end the process by itself.
    this.ended.catch(() => undefined);
  }

  isHealthy(): boolean {
    return this.isMember && !this.stopped.signal.aborted;
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.look();
    await this.ended.catch(() => undefined);
  }

  /** Records were appended here or elsewhere. */
  grown({ topicId, partition, high }: Growth): void {
    const reading = this.readings.get(nameOf(topicId, partition));
    // What was appended here is heard of twice: at once, and by the notification.
    if (reading === undefined || high <= reading.high) return;
    reading.high = high;
    reading.reader.wake();
  }

  /** Partitions that are read or handed over right now; one more while this is no member yet. */
  underWay(): number {
    if (!this.isMember) return this.stopped.signal.aborted ? 0 : 1;
    const readings = [...this.readings.values()];
    return this.leaving.size + readings.filter(({ reader }) => !reader.isWaiting).length;
  }

  /** Next offset of each partition that this member owns and has begun to read. */
  positions(): ReadonlyMap<string, bigint> {
    const positions = new Map<string, bigint>();
    for (const [name, { reader }] of this.readings) {
      if (reader.position !== undefined) positions.set(name, reader.position);
    }
    return positions;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      try {
        await this.beMember();
        failures = 0;
      } catch (error) {
        if (error instanceof UnknownTopic) throw error;
        failures += 1;
        this.context.onTrouble(`group ${this.options.group}: ${reasonOf(error)}`);
        await this.pause(failures, this.stopped.signal);
      } finally {
        this.isMember = false;
      }
    }
    if (this.refusal !== undefined) throw this.refusal;
  }

  /** One membership: from joining until the connection is lost (rejects) or the subscription stops (resolves). */
  private async beMember(): Promise<void> {
    await this.context.topics.lookUp(this.options.topics);
    const logId = await this.context.identify();
    const client = new pg.Client(this.context.clientConfig);
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      this.look();
    });
    client.on('notification', ({ payload }) => {
      this.hear(payload ?? '');
    });
    await client.connect();
    try {
      const membership = await Membership.join(
        client,
        this.options.group,
        this.options.topics,
        this.context.leaseMs,
      );
      while (!this.stopped.signal.aborted) {
        if (lost !== undefined) throw lost;
        this.rung = false;
        if (!(await membership.renew())) throw new Error('this member was declared dead by the others');
        await this.balance(membership, logId);
        this.isMember = true;
        await this.untilNews(this.context.leaseMs / 3);
      }
      await this.revokeAll();
      await membership.leave();
    } finally {
      await this.revokeAll();
      await client.end().catch(() => undefined);
    }
  }

  private async balance(membership: Membership, logId: string): Promise<void> {
    await membership.buryDead();
    const share = await membership.share();
    for (const [name, { owned, reader }] of this.readings) {
      if (share.some(({ topicId, partition }) => nameOf(topicId, partition) === name)) continue;
      this.readings.delete(name);
      // Not awaited: a long batch of one partition must not keep the lease from being renewed.
      void this.handOver(membership, name, owned, reader);
    }
    const wanted = share.filter(({ topicId, partition }) => !this.leaving.has(nameOf(topicId, partition)));
    for (const owned of await membership.claim(wanted)) {
      const name = nameOf(owned.topicId, owned.partition);
      const reading = this.readings.get(name);
      // Notifications are sent once and may be lost with a connection: look again with every renewal.
      if (reading === undefined) this.readings.set(name, this.startReading(owned, logId));
      else {
        reading.mustLook = true;
        reading.reader.wake();
      }
    }
  }

  private async handOver(
    membership: Membership,
    name: string,
    owned: OwnedPartition,
    reader: PartitionReader,
  ): Promise<void> {
    this.leaving.add(name);
    try {
      await reader.revoke();
      await membership.giveBack(owned);
    } catch (error) {
      this.context.onTrouble(reasonOf(error));
    } finally {
      this.leaving.delete(name);
      this.look();
    }
  }

  private startReading(owned: OwnedPartition, logId: string): Reading {
    const { pool } = this.context;
    const { topic, partition } = owned;
    const reader = new PartitionReader({
      consume: this.options,
      source: {
        assigned: async () => {
          reading.mustLook = true;
          return { topic, partition, logId, ...(await fetchBounds(pool, owned, partition)) };
        },
        fetch: (from, limit) => this.fetch(reading, from, limit),
      },
      pause: (attempt, signal) => this.pause(attempt, signal),
      onTrouble: (message) => {
        this.context.onTrouble(`${topic}/${partition} of group ${this.options.group}: ${message}`);
      },
      onRefusal: (error) => {
        this.refusal ??= error;
        this.stopped.abort();
        this.look();
      },
    });
    const reading: Reading = { owned, reader, high: 0n, mustLook: true };
    return reading;
  }

  /** Asks the database only where there is something new, or may be: an empty look after every batch doubled the queries. */
  private async fetch(reading: Reading, from: bigint, limit: number): Promise<FetchedRecords> {
    const { owned, high, mustLook } = reading;
    if (!mustLook && high <= from) return { records: [], low: from, high };
    const fetched = await fetchWithBounds(this.context.pool, owned, owned.partition, from, limit, high);
    if (fetched.records.length === 0) reading.mustLook = false;
    return fetched;
  }

  private async revokeAll(): Promise<void> {
    const readers = [...this.readings.values()].map(({ reader }) => reader.revoke());
    this.readings.clear();
    await Promise.all(readers);
  }

  private hear(payload: string): void {
    const news = parseNews(payload);
    if (news?.kind === 'growth') this.grown(news.growth);
    else if (news?.group === this.options.group) this.look();
  }

  private look(): void {
    this.rung = true;
    this.ring?.();
  }

  private async untilNews(atMostMs: number): Promise<void> {
    if (this.rung) return;
    const news = new AbortController();
    this.ring = () => {
      news.abort();
    };
    await sleep(atMostMs, undefined, { signal: news.signal }).catch(() => undefined);
    this.ring = undefined;
  }

  private async pause(attempt: number, signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(this.context.retryDelayMs * 2 ** Math.min(attempt - 1, 10), 5000);
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }
}

export function nameOf(topicId: number, partition: number): string {
  return `${topicId} ${partition}`;
}
