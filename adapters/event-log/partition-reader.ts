import {
  StartUnknown,
  type AssignedPartition,
  type ConsumeOptions,
  type LogRecord,
} from '../ports/event-log.js';
import { reasonOf } from './errors.js';

/** Where one partition's records come from. Rejecting means: not now. */
export interface PartitionSource {
  assigned(): Promise<AssignedPartition>;
  /** Records from `from` on, at most `limit`; none when there is nothing yet. */
  fetch(from: bigint, limit: number): Promise<FetchedRecords>;
}

export interface FetchedRecords {
  readonly records: readonly LogRecord[];
  readonly low: bigint;
  readonly high: bigint;
}

export interface PartitionReaderOptions {
  readonly source: PartitionSource;
  readonly consume: ConsumeOptions;
  /** Waits before the next try; `attempt` counts from 1. Resolves early when `signal` aborts. */
  readonly pause: (attempt: number, signal: AbortSignal) => Promise<void>;
  /** `startAt` refused: the whole subscription ends with this error. */
  readonly onRefusal: (error: Error) => void;
  readonly onTrouble: (message: string) => void;
}

/**
 * Reads one assigned partition, batch after batch, until it is revoked. After any failure `startAt` is asked again,
 * so nothing is skipped; it waits for `wake` when there is nothing to read.
 */
export class PartitionReader {
  private readonly options: PartitionReaderOptions;
  private readonly revoked = new AbortController();
  private readonly finished: Promise<void>;
  private assigned: AssignedPartition | undefined;
  private nextOffset: bigint | undefined;
  private failures = 0;
  private news = false;
  private ring: (() => void) | undefined;

  /** @param after settles when an earlier owner has finished its batch */
  constructor(options: PartitionReaderOptions, after: Promise<void> = Promise.resolve()) {
    this.options = options;
    this.finished = after.then(() => this.run());
  }

  /** Next offset to be handled; undefined until `startAt` has answered. */
  get position(): bigint | undefined {
    return this.nextOffset;
  }

  /** It has handled everything that it knows of, and waits to be woken. */
  get isWaiting(): boolean {
    return this.ring !== undefined && !this.news;
  }

  /** There may be new records. */
  wake(): void {
    this.news = true;
    this.ring?.();
  }

  /** Takes the partition away; resolves when the batch under way has been handled. Idempotent. */
  revoke(): Promise<void> {
    this.revoked.abort();
    this.ring?.();
    return this.finished;
  }

  private get isOwned(): boolean {
    return !this.revoked.signal.aborted;
  }

  private async run(): Promise<void> {
    while (this.isOwned) {
      try {
        if (this.nextOffset === undefined || this.assigned === undefined) await this.begin();
        else await this.readOn(this.assigned, this.nextOffset);
        this.failures = 0;
      } catch (error) {
        this.failures += 1;
        this.nextOffset = undefined;
        this.options.onTrouble(reasonOf(error));
        await this.options.pause(this.failures, this.revoked.signal);
      }
    }
  }

  private async begin(): Promise<void> {
    const assigned = await this.options.source.assigned();
    if (!this.isOwned) return;
    this.assigned = assigned;
    try {
      const answer = await this.options.consume.startAt(assigned);
      // Whoever answered has seen what is gone; asking again would never end.
      this.nextOffset = answer < assigned.low ? assigned.low : answer;
    } catch (error) {
      if (error instanceof StartUnknown) throw error;
      this.revoked.abort();
      this.options.onRefusal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private async readOn({ topic, partition, logId }: AssignedPartition, from: bigint): Promise<void> {
    this.news = false;
    const { records, low, high } = await this.options.source.fetch(
      from,
      this.options.consume.maxBatchRecords,
    );
    if (!this.isOwned) return;
    const last = records.at(-1);
    if (low > from) {
      // What is missing was trimmed away unread: whoever keeps the offsets has to say what follows from that.
      this.nextOffset = undefined;
    } else if (last === undefined) {
      await this.untilWoken();
    } else {
      await this.options.consume.onBatch({
        topic,
        partition,
        logId,
        records,
        high,
        isOwned: () => this.isOwned,
      });
      this.nextOffset = last.offset + 1n;
    }
  }

  private untilWoken(): Promise<void> {
    if (this.news || !this.isOwned) return Promise.resolve();
    return new Promise((resolve) => {
      this.ring = () => {
        this.ring = undefined;
        resolve();
      };
    });
  }
}
