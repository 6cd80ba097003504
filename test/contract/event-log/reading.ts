import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AssignedPartition,
  Batch,
  ConsumeOptions,
  EventLog,
  FollowOptions,
  LogRecord,
  NewRecord,
  Subscription,
} from '../../../adapters/ports/event-log.js';

/** Waits for a condition; fails naming it. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(5);
  }
}

export function record(
  topic: string,
  key: string,
  text: string,
  headers: Record<string, string> = {},
): NewRecord {
  return { topic, key, value: Buffer.from(text), headers };
}

export function texts(records: readonly LogRecord[]): readonly string[] {
  return records.map(({ value }) => value?.toString() ?? '(tombstone)');
}

/** A consumer that notes all it is given. */
export class Reader {
  readonly records: LogRecord[] = [];
  readonly batches: Batch[] = [];
  readonly assigned: AssignedPartition[] = [];
  readonly subscription: Subscription;
  failure: unknown;

  constructor(
    log: EventLog,
    /** Undefined: it follows, alone. */
    group: string | undefined,
    topics: readonly string[],
    options: Partial<ConsumeOptions> = {},
  ) {
    const given: FollowOptions = {
      topics,
      maxBatchRecords: 500,
      ...options,
      startAt: async (assigned) => {
        this.assigned.push(assigned);
        return (await options.startAt?.(assigned)) ?? assigned.low;
      },
      onBatch: async (batch) => {
        await options.onBatch?.(batch);
        this.batches.push(batch);
        this.records.push(...batch.records);
      },
    };
    this.subscription = group === undefined ? log.follow(given) : log.consume({ ...given, group });
    this.subscription.ended.catch((error: unknown) => {
      this.failure = error;
    });
  }

  async has(count: number, patienceMs?: number): Promise<void> {
    await eventually(
      `${count} records`,
      () => {
        if (this.failure !== undefined)
          throw new Error('the subscription has ended', { cause: this.failure });
        return this.records.length >= count;
      },
      patienceMs,
    );
  }
}

/** The journal's part in the contract: keeps next offsets, drops what is below them. */
export class Fence {
  private readonly next = new Map<string, bigint>();
  readonly handled: LogRecord[] = [];

  readonly startAt = ({ topic, partition, low }: AssignedPartition): Promise<bigint> =>
    Promise.resolve(this.next.get(`${topic}/${partition}`) ?? low);

  readonly onBatch = ({ topic, partition, records }: Batch): Promise<void> => {
    const name = `${topic}/${partition}`;
    for (const one of records) {
      const next = this.next.get(name) ?? 0n;
      if (one.offset < next) continue;
      if (one.offset > next) throw new Error(`${name}: ${next} was skipped for ${one.offset}`);
      this.next.set(name, one.offset + 1n);
      this.handled.push(one);
    }
    return Promise.resolve();
  };
}

/** All records of a topic, by partition and offset. */
export async function readAll(log: EventLog, topic: string): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition, low, high } of await log.bounds(topic)) {
    for await (const one of log.read(topic, partition, low, high)) all.push(one);
  }
  return all;
}
