import {
  LogUnavailable,
  type ConsumeOptions,
  type EventLog,
  type FollowOptions,
  type LogRecord,
  type NewRecord,
  type PartitionBounds,
  type Subscription,
  type TopicSpecification,
} from '../ports/event-log.js';

/** One process's view of a shared log: closing it ends its own subscriptions, and the log goes on for the others. */
export class MemoryEventLogClient implements EventLog {
  private readonly log: EventLog;
  private readonly subscriptions: Subscription[] = [];
  private isClosed = false;

  constructor(log: EventLog) {
    this.log = log;
  }

  identify(): Promise<string> {
    return this.isClosed ? Promise.reject(closedError()) : this.log.identify();
  }

  ensureTopics(topics: readonly TopicSpecification[]): Promise<void> {
    return this.log.ensureTopics(topics);
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return this.log.bounds(topic);
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.isClosed ? Promise.reject(closedError()) : this.log.append(records);
  }

  consume(options: ConsumeOptions): Subscription {
    const subscription = this.log.consume(options);
    this.subscriptions.push(subscription);
    return subscription;
  }

  follow(options: FollowOptions): Subscription {
    const subscription = this.log.follow(options);
    this.subscriptions.push(subscription);
    return subscription;
  }

  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>> {
    return this.log.offsetsSince(topic, appendedAt);
  }

  read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord> {
    return this.log.read(topic, partition, from, to);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.subscriptions.map((subscription) => subscription.stop()));
  }
}

export function closedError(): LogUnavailable {
  return new LogUnavailable('the event log was closed by this process');
}
