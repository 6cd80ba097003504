import type { ConsumeOptions, LogRecord, Subscription } from '../ports/event-log.js';

interface Range {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  /** Exclusive, and not beyond what is there. */
  readonly end: bigint;
}

interface Offer {
  readonly records: readonly LogRecord[];
  readonly done: () => void;
}

/** Reads a range of one partition by a subscription that ends when the range does; a batch at a time in memory. */
export async function* readRange(
  consume: (options: ConsumeOptions) => Subscription,
  { group, topic, partition, start, end }: Range,
): AsyncIterable<LogRecord> {
  const offers: Offer[] = [];
  let ring: () => void = () => undefined;
  let reading = true;
  let current: Offer | undefined;
  const subscription = consume({
    group,
    topics: [topic],
    maxBatchRecords: 1000,
    startAt: (assigned) => Promise.resolve(assigned.partition === partition ? start : assigned.high),
    onBatch: (batch) =>
      batch.partition !== partition || !reading
        ? Promise.resolve()
        : new Promise((done) => {
            offers.push({ records: batch.records, done });
            ring();
          }),
  });
  try {
    for (let next = start; next < end;) {
      const offer = offers.shift();
      if (offer === undefined) {
        const offered = new Promise<void>((resolve) => {
          ring = resolve;
        });
        await Promise.race([offered, subscription.ended]);
        continue;
      }
      current = offer;
      for (const record of offer.records) {
        // Given again after a rebalance.
        if (record.offset < next) continue;
        next = record.offset + 1n;
        if (record.offset < end) yield record;
      }
      offer.done();
    }
  } finally {
    reading = false;
    // Also when the caller stops in the middle: the subscription waits for its batches.
    current?.done();
    for (const { done } of offers) done();
    await subscription.stop();
  }
}
