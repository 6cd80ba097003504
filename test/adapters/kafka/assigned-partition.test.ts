import type { Batch, KafkaMessage } from 'kafkajs';
import { expect, it, vi } from 'vitest';
import { AssignedPartitionState, type GivenBatch } from '../../../adapters/kafka/assigned-partition.js';
import type { Batch as LogBatch } from '../../../adapters/ports/event-log.js';

const [topic, partition] = ['maintenance.signals', 0];

function message(offset: bigint): KafkaMessage {
  return {
    offset: String(offset),
    key: Buffer.from('a/n1'),
    value: Buffer.from(String(offset)),
    timestamp: '0',
    attributes: 0,
    headers: {},
  };
}

/** A batch as KafkaJS gives it, fetched from `from` on. */
function given(from: bigint, count: number, heartbeat: () => Promise<void>): GivenBatch {
  const messages = Array.from({ length: count }, (_, index) => message(from + BigInt(index)));
  const last = String(from + BigInt(count) - 1n);
  const batch: Batch & { readonly fetchedOffset: string } = {
    topic,
    partition,
    highWatermark: '100',
    messages,
    fetchedOffset: String(from),
    isEmpty: () => false,
    firstOffset: () => String(from),
    lastOffset: () => last,
    offsetLag: () => '0',
    offsetLagLow: () => '0',
  };
  return { batch, heartbeat, isRunning: () => true, resolveOffset: () => undefined };
}

/** A partition that was assigned, and what has been read of it. */
class AssignedPartition {
  readonly read: bigint[] = [];
  readonly sought: string[] = [];
  resumed = 0;
  /** What goes on while a batch is handled. */
  during: (batch: LogBatch) => Promise<void> = () => Promise.resolve();
  readonly state = new AssignedPartitionState({
    consumer: {
      pause: () => undefined,
      resume: () => {
        this.resumed += 1;
      },
      seek: ({ offset }) => {
        this.sought.push(offset);
      },
    },
    hints: { note: () => undefined },
    consume: {
      group: 'maintenance',
      topics: [topic],
      maxBatchRecords: 1,
      startAt: () => Promise.resolve(BigInt(this.read.length)),
      onBatch: async (batch) => {
        await this.during(batch);
        this.read.push(...batch.records.map(({ offset }) => offset));
      },
    },
    topic,
    partition,
    logId: 'log',
    heartbeatIntervalMs: 1,
    firstBounds: () => Promise.resolve([{ partition, low: 0n, high: 100n }]),
    bounds: () => Promise.resolve([{ partition, low: 0n, high: 100n }]),
    firstSince: () => Promise.resolve(0n),
    pause: () => Promise.resolve(),
    onTrouble: () => undefined,
    onRefusal: (error) => {
      throw error;
    },
  });
}

const beats = (): Promise<void> => Promise.resolve();

it.each([
  ['the coordinator is away for a moment', 'NOT_COORDINATOR_FOR_GROUP', false],
  ['a rebalance is begun that never comes to its end', 'REBALANCE_IN_PROGRESS', true],
])(
  'a partition was read no more while its member looked well: when %s during a batch, then it ends with the record at hand and goes on from there',
  async (_, type, isOwned) => {
    const partitionRead = new AssignedPartition();
    partitionRead.state.begin();
    await vi.waitFor(() => {
      expect(partitionRead.resumed).toBe(1);
    });
    let beaten = 0;
    const failing = (): Promise<void> => {
      beaten += 1;
      return Promise.reject(Object.assign(new Error(type), { type }));
    };
    const owned: boolean[] = [];
    partitionRead.during = async (batch) => {
      const before = beaten;
      await vi.waitFor(() => {
        expect(beaten).toBeGreaterThan(before);
      });
      owned.push(batch.isOwned());
    };
    await partitionRead.state.handle(given(0n, 3, failing));
    expect(owned).toEqual([isOwned]);
    expect(partitionRead.read).toEqual([0n]);

    partitionRead.during = () => Promise.resolve();
    await vi.waitFor(() => {
      expect(partitionRead.resumed).toBe(2);
    });
    await partitionRead.state.handle(given(1n, 2, beats));
    expect(partitionRead.sought).toEqual(['0', '1']);
    expect(partitionRead.read).toEqual([0n, 1n, 2n]);
  },
);

it('given a partition that was taken away, when a heartbeat fails, then it is not begun anew', async () => {
  const partitionRead = new AssignedPartition();
  partitionRead.state.begin();
  await vi.waitFor(() => {
    expect(partitionRead.resumed).toBe(1);
  });
  let beaten = 0;
  partitionRead.during = async () => {
    partitionRead.state.revoke();
    await vi.waitFor(() => {
      expect(beaten).toBeGreaterThan(0);
    });
  };
  await partitionRead.state.handle(
    given(0n, 2, () => {
      beaten += 1;
      return Promise.reject(new Error('closed'));
    }),
  );
  await partitionRead.state.idle();
  expect(partitionRead.sought).toEqual(['0']);
});
