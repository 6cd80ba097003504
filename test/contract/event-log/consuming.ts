import { describe, expect, it } from 'vitest';
import { StartUnknown, type Batch } from '../../../adapters/ports/event-log.js';
import { eventually, Reader, record, texts } from './reading.js';
import type { LogUnderTest } from './suite.js';

const five = ['0', '1', '2', '3', '4'];

export function describeConsuming(underTest: () => LogUnderTest): void {
  describe('consuming', () => {
    const filled = async (partitions = 1): Promise<string> => {
      const { log, topic } = underTest();
      const name = await topic(partitions);
      await log.append(five.map((text) => record(name, 'a/n1', text)));
      return name;
    };

    it('gives what was there before and what comes after, in order', async () => {
      const { log, group } = underTest();
      const name = await filled();
      const reader = new Reader(log, group(), [name]);
      await reader.has(5);
      await log.append([record(name, 'a/n1', '5')]);
      await reader.has(6);
      await reader.subscription.stop();
      expect(texts(reader.records)).toEqual([...five, '5']);
    });

    it.each([
      ['the beginning', 0n, five],
      ['the middle', 3n, ['3', '4']],
      ['the end', 5n, []],
    ])('begins at %s when startAt says so', async (_where, start, expected) => {
      const { log, group } = underTest();
      const name = await filled();
      const reader = new Reader(log, group(), [name], { startAt: () => Promise.resolve(start) });
      await eventually('assigned', () => reader.assigned.length > 0);
      await log.append([record(name, 'a/n1', 'next')]);
      await reader.has(expected.length + 1);
      await reader.subscription.stop();
      expect(texts(reader.records)).toEqual([...expected, 'next']);
    });

    it('asks startAt with the bounds and identity of each partition', async () => {
      const { log, group } = underTest();
      const name = await filled(3);
      const reader = new Reader(log, group(), [name]);
      await eventually('three partitions', () => reader.assigned.length === 3);
      await reader.subscription.stop();
      const logId = await log.identify();
      const bounds = await log.bounds(name);
      expect([...reader.assigned].sort((a, b) => a.partition - b.partition)).toEqual(
        bounds.map((one) => expect.objectContaining({ ...one, topic: name, logId }) as object),
      );
    });

    it('believes startAt again and again, never what was read before', async () => {
      const { log, group } = underTest();
      const [name, same] = [await filled(), group()];
      for (let round = 0; round < 2; round += 1) {
        const reader = new Reader(log, same, [name]);
        await reader.has(5);
        await reader.subscription.stop();
        expect(texts(reader.records)).toEqual(five);
      }
    });

    it('begins at what is left when startAt answers with what was trimmed', async () => {
      const { harness, log, group } = underTest();
      const name = await filled();
      await harness.trim(name, 0, 2n);
      await eventually('trimmed', async () => (await log.bounds(name))[0]?.low === 2n);
      const reader = new Reader(log, group(), [name], { startAt: () => Promise.resolve(0n) });
      await reader.has(3);
      await reader.subscription.stop();
      expect(texts(reader.records)).toEqual(['2', '3', '4']);
      expect(reader.assigned[0]?.low).toBe(2n);
    });

    it('ends with the error of startAt, and reads nothing', async () => {
      const { log, group } = underTest();
      const name = await filled();
      const refusal = new Error('another log');
      const reader = new Reader(log, group(), [name], { startAt: () => Promise.reject(refusal) });
      await expect(reader.subscription.ended).rejects.toBe(refusal);
      expect(reader.records).toEqual([]);
      expect(reader.subscription.isHealthy()).toBe(false);
    });

    it('asks again while where to begin is not known: one hiccup of the journal ended the process', async () => {
      const { log, group } = underTest();
      const name = await filled();
      let failures = 2;
      const reader = new Reader(log, group(), [name], {
        startAt: ({ low }) => {
          if (failures === 0) return Promise.resolve(low);
          failures -= 1;
          return Promise.reject(new StartUnknown('the journal does not answer'));
        },
      });
      await reader.has(5);
      await reader.subscription.stop();
      expect(texts(reader.records)).toEqual(five);
    });

    it('asks startAt again after a batch failed, and gives the same records again', async () => {
      const { log, group } = underTest();
      const name = await filled();
      const seen: string[] = [];
      let failures = 2;
      const reader = new Reader(log, group(), [name], {
        onBatch: ({ records }) => {
          seen.push(...texts(records));
          if (failures === 0) return Promise.resolve();
          failures -= 1;
          return Promise.reject(new Error('the journal is away'));
        },
      });
      await reader.has(5);
      await reader.subscription.stop();
      expect(seen).toEqual([...five, ...five, ...five]);
      expect(reader.assigned.length).toBeGreaterThanOrEqual(3);
    });

    it('goes on with one partition while another one fails', async () => {
      const { log, topic, group } = underTest();
      const name = await topic(2);
      await log.append(Array.from({ length: 20 }, (_, n) => record(name, `a/n${n}`, `${n}`)));
      const reader = new Reader(log, group(), [name], {
        onBatch: ({ partition }) =>
          partition === 0 ? Promise.reject(new Error('parked')) : Promise.resolve(),
      });
      await eventually('partition 1 was read', () => reader.records.some(({ partition }) => partition === 1));
      await reader.subscription.stop();
      expect(reader.records.every(({ partition }) => partition === 1)).toBe(true);
    });

    it('gives at most maxBatchRecords at once, and never two batches of a partition at the same time', async () => {
      const { log, topic, group } = underTest();
      const name = await topic(2);
      await log.append(Array.from({ length: 100 }, (_, n) => record(name, `a/n${n}`, `${n}`)));
      const underWay = new Set<number>();
      let overlaps = 0;
      const reader = new Reader(log, group(), [name], {
        maxBatchRecords: 7,
        onBatch: async ({ partition }) => {
          if (underWay.has(partition)) overlaps += 1;
          underWay.add(partition);
          await new Promise(setImmediate);
          underWay.delete(partition);
        },
      });
      await reader.has(100);
      await reader.subscription.stop();
      expect(overlaps).toBe(0);
      expect(Math.max(...reader.batches.map(({ records }) => records.length))).toBeLessThanOrEqual(7);
      expect(new Set(texts(reader.records)).size).toBe(100);
      for (const partition of [0, 1]) {
        const offsets = reader.records
          .filter((one) => one.partition === partition)
          .map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, index) => BigInt(index)));
      }
    });

    it('names topic, partition, log and end with each batch', async () => {
      const { log, group } = underTest();
      const name = await filled();
      const reader = new Reader(log, group(), [name]);
      await reader.has(5);
      const logId = await log.identify();
      expect(reader.batches.every((batch) => batch.records.length > 0)).toBe(true);
      expect(reader.batches.at(-1)).toMatchObject({ topic: name, partition: 0, logId, high: 5n });
      expect(reader.batches.at(-1)?.isOwned()).toBe(true);
      await reader.subscription.stop();
      expect(reader.batches.at(-1)?.isOwned()).toBe(false);
    });

    it('reads several topics', async () => {
      const { log, group } = underTest();
      const [one, two] = [await filled(), await filled(2)];
      const reader = new Reader(log, group(), [one, two]);
      await reader.has(10);
      await reader.subscription.stop();
      expect(texts(reader.records.filter(({ topic }) => topic === one))).toEqual(five);
      expect(texts(reader.records.filter(({ topic }) => topic === two))).toEqual(five);
    });

    it('is healthy while it reads, finishes its batch when stopped, and may be stopped twice', async () => {
      const { log, group } = underTest();
      const name = await filled();
      const held: Batch[] = [];
      let release: () => void = () => undefined;
      const reader = new Reader(log, group(), [name], {
        maxBatchRecords: 2,
        onBatch: (batch) => {
          held.push(batch);
          return new Promise((resolve) => {
            release = resolve;
          });
        },
      });
      await eventually('a batch', () => held.length === 1);
      expect(reader.subscription.isHealthy()).toBe(true);
      const stops = [reader.subscription.stop(), reader.subscription.stop()];
      await new Promise(setImmediate);
      expect(reader.records).toEqual([]);
      release();
      await Promise.all([...stops, reader.subscription.stop(), reader.subscription.ended]);
      expect(texts(reader.records)).toEqual(['0', '1']);
      expect(held).toHaveLength(1);
      expect(reader.subscription.isHealthy()).toBe(false);
    });
  });
}
