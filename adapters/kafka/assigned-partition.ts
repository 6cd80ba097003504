import type { Consumer, EachBatchPayload } from 'kafkajs';
import { Pace } from '../clock/pace.js';
import { StartUnknown, type ConsumeOptions, type PartitionBounds } from '../ports/event-log.js';
import { reasonOf } from '../event-log/errors.js';
import { ConsumedRecord } from './consumed-record.js';
import { protocolErrorType } from './kafka-errors.js';
import type { OffsetHints } from './offset-hints.js';

export interface AssignedPartitionContext {
  readonly consumer: Pick<Consumer, 'pause' | 'seek' | 'resume'>;
  readonly hints: Pick<OffsetHints, 'note'>;
  readonly consume: ConsumeOptions;
  readonly topic: string;
  readonly partition: number;
  readonly logId: string;
  readonly heartbeatIntervalMs: number;
  readonly firstBounds: () => Promise<readonly PartitionBounds[]>;
  readonly bounds: (topic: string) => Promise<readonly PartitionBounds[]>;
  readonly firstSince: (topic: string, partition: number, appendedAt: number) => Promise<bigint>;
  readonly pause: (attempt: number) => Promise<void>;
  readonly onTrouble: (message: string) => void;
  readonly onRefusal: (error: Error) => void;
}

/** What KafkaJS gives with a batch, as far as it is used here. */
export type GivenBatch = Pick<EachBatchPayload, 'batch' | 'heartbeat' | 'isRunning' | 'resolveOffset'>;

/** How the group's coordinator took the heartbeats during a batch. */
type Membership = 'held' | 'rebalancing' | 'doubtful';

/**
 * One partition during one generation of the group. It is paused until `startAt` has said where to begin; whatever
 * KafkaJS gives that does not begin exactly there is dropped and the question asked again.
 */
export class AssignedPartitionState {
  private readonly context: AssignedPartitionContext;
  /** A trickle of records is handled some at a time: each batch costs a fetch and a transaction, however small it is. */
  private readonly pace = new Pace({ everyMs: 10, burst: 3 });
  private expected: bigint | undefined;
  private owned = true;
  private leaving = false;
  private failures = 0;
  private membership: Membership = 'held';
  private handlingSince: number | undefined;
  private underWay: Promise<void> = Promise.resolve();

  constructor(context: AssignedPartitionContext) {
    this.context = context;
  }

  /** Next offset to be handled; undefined until `startAt` has answered. */
  get position(): bigint | undefined {
    return this.expected;
  }

  /** Since when a batch is under work, ms of this machine's clock; undefined: none is. */
  get busySince(): number | undefined {
    return this.handlingSince;
  }

  revoke(): void {
    this.owned = false;
  }

  /** Takes no further batch; resolves when the one under way is handled. */
  finish(): Promise<void> {
    this.leaving = true;
    return this.underWay;
  }

  /** Resolves when no batch is under way. */
  idle(): Promise<void> {
    return this.underWay;
  }

  /** Pauses at once, asks `startAt`, seeks, resumes. @param after settles when an earlier batch is finished */
  begin(after: Promise<void> = Promise.resolve()): void {
    const { consumer, topic, partition } = this.context;
    this.expected = undefined;
    consumer.pause([{ topic, partitions: [partition] }]);
    void Promise.all([after, this.underWay]).then(() => this.findStart());
  }

  /** Everything up to `lastOffset` holds no record for us. */
  stepOver(lastOffset: bigint): void {
    if (this.expected !== undefined && lastOffset >= this.expected) this.expected = lastOffset + 1n;
  }

  async handle(payload: GivenBatch): Promise<void> {
    if (!this.owned || this.leaving || this.expected === undefined) return;
    const fetchedFrom = fetchedOffset(payload);
    if (fetchedFrom !== this.expected) {
      // KafkaJS lost its place (offset out of range, a fetch of an earlier generation).
      this.context.onTrouble(`${this.name}: got offset ${fetchedFrom} in place of ${this.expected}`);
      this.failures += 1;
      this.begin(this.context.pause(this.failures));
      return;
    }
    this.handlingSince = Date.now();
    this.underWay = this.handleSlices(payload).finally(() => {
      this.handlingSince = undefined;
    });
    await this.underWay;
    await this.pace.turn();
  }

  private get name(): string {
    return `${this.context.topic}/${this.context.partition}`;
  }

  private async findStart(): Promise<void> {
    const { consumer, consume, topic, partition, logId } = this.context;
    for (let attempt = 1; this.owned; attempt += 1) {
      const bounds = await this.findBounds(attempt);
      if (bounds === undefined) continue;
      try {
        const firstSince = (appendedAt: number): Promise<bigint> => this.firstSince(appendedAt);
        const answer = await consume.startAt({ ...bounds, topic, logId, firstSince });
        if (!this.stillOwned()) return;
        // Whoever answered has seen what is gone; asking again would never end.
        this.expected = answer < bounds.low ? bounds.low : answer;
        consumer.seek({ topic, partition, offset: `${this.expected}` });
        consumer.resume([{ topic, partitions: [partition] }]);
        return;
      } catch (error) {
        if (!(error instanceof StartUnknown)) {
          this.context.onRefusal(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        await this.waitAfter(error, attempt);
      }
    }
  }

  /** Rejects with StartUnknown. */
  private async firstSince(appendedAt: number): Promise<bigint> {
    const { topic, partition } = this.context;
    try {
      return await this.context.firstSince(topic, partition, appendedAt);
    } catch (error) {
      throw new StartUnknown(`${this.name}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** A method, since it changes while others are awaited. */
  private stillOwned(): boolean {
    return this.owned;
  }

  private async findBounds(attempt: number): Promise<PartitionBounds | undefined> {
    const { firstBounds, bounds, topic, partition } = this.context;
    try {
      const all = await (attempt === 1 && this.failures === 0 ? firstBounds() : bounds(topic));
      const found = all.find((one) => one.partition === partition);
      if (found === undefined) throw new StartUnknown(`${this.name} is not there`);
      return found;
    } catch (error) {
      await this.waitAfter(error, attempt);
      return undefined;
    }
  }

  private async waitAfter(error: unknown, attempt: number): Promise<void> {
    this.context.onTrouble(`${this.name}: ${reasonOf(error)}`);
    await this.context.pause(attempt);
  }

  private async handleSlices(payload: GivenBatch): Promise<void> {
    const { batch } = payload;
    const { consume, topic, partition, logId, hints } = this.context;
    this.membership = 'held';
    const stopBeating = this.keepBeating(payload);
    try {
      for (let start = 0; start < batch.messages.length; start += consume.maxBatchRecords) {
        if (!this.owned || this.leaving || !payload.isRunning()) return;
        if (this.interruption() !== undefined) break;
        const slice = batch.messages.slice(start, start + consume.maxBatchRecords);
        const records = slice.map((message) => new ConsumedRecord(topic, partition, message));
        const high = BigInt(batch.highWatermark);
        await consume.onBatch({ topic, partition, logId, records, high, isOwned: () => this.isMine() });
        const isLast = start + slice.length === batch.messages.length;
        const last = isLast ? batch.lastOffset() : slice.at(-1)?.offset;
        if (last === undefined) return;
        payload.resolveOffset(last);
        this.expected = BigInt(last) + 1n;
        this.failures = 0;
        hints.note(topic, partition, this.expected);
      }
      const interruption = this.interruption();
      if (interruption !== undefined) this.beginAnew(interruption);
    } catch (error) {
      this.beginAnew(reasonOf(error));
    } finally {
      stopBeating();
    }
  }

  /** Tells the trouble, and asks after a pause where to go on; whoever leaves has nothing to go on with. */
  private beginAnew(trouble: string): void {
    this.failures += 1;
    this.context.onTrouble(`${this.name}: ${trouble}`);
    if (this.owned && !this.leaving) this.begin(this.context.pause(this.failures));
  }

  /** Others may have the partition by now, or will have it soon. */
  private isMine(): boolean {
    return this.owned && this.membership !== 'doubtful';
  }

  /**
   * KafkaJS joins anew when its own heartbeat is told to; often it is not, since the trouble was a moment's. So whoever
   * stops for a heartbeat must go on by himself.
   */
  private interruption(): string | undefined {
    return this.membership === 'held' ? undefined : `a heartbeat was not taken (${this.membership})`;
  }

  /** KafkaJS beats between batches only; a batch that takes longer than a session would cost the membership. */
  private keepBeating(payload: GivenBatch): () => void {
    const timer = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        this.membership = protocolErrorType(error) === 'REBALANCE_IN_PROGRESS' ? 'rebalancing' : 'doubtful';
      });
    }, this.context.heartbeatIntervalMs);
    return () => {
      clearInterval(timer);
    };
  }
}

/** Where the fetch began; not in KafkaJS's types. */
function fetchedOffset({ batch }: GivenBatch): bigint | undefined {
  const value = 'fetchedOffset' in batch ? batch.fetchedOffset : undefined;
  return typeof value === 'string' ? BigInt(value) : undefined;
}
