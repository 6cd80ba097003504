import { describe, expect, it } from 'vitest';
import { eventually, Fence, Reader, record, texts } from './reading.js';
import type { LogUnderTest } from './suite.js';

const slowMs = 90_000;

export function describeGroups(underTest: () => LogUnderTest): void {
  describe('groups', () => {
    const numbers = (name: string, from: number, count: number) =>
      Array.from({ length: count }, (_, n) => record(name, `a/n${(from + n) % 37}`, `${from + n}`));

    it('gives every group all records', async () => {
      const { log, topic, group } = underTest();
      const name = await topic(3);
      await log.append(numbers(name, 0, 50));
      const readers = [new Reader(log, group(), [name]), new Reader(log, group(), [name])];
      for (const reader of readers) await reader.has(50);
      for (const reader of readers) await reader.subscription.stop();
      expect(readers.map(({ records }) => records.length)).toEqual([50, 50]);
    });

    it(
      'shares the partitions among members, and gives them back when one stops',
      async () => {
        const { harness, log, topic, group } = underTest();
        const [name, same] = [await topic(4), group()];
        const fence = new Fence();
        const first = new Reader(log, same, [name], fence);
        await log.append(numbers(name, 0, 100));
        await eventually('the first has all', () => fence.handled.length === 100);
        const second = new Reader(harness.open(), same, [name], fence);
        await eventually('the second has its share', () => second.assigned.length > 0, harness.patienceMs);
        await log.append(numbers(name, 100, 300));
        await eventually('both have read', () => fence.handled.length === 400, harness.patienceMs);
        expect(second.records.length).toBeGreaterThan(0);
        await first.subscription.stop();
        await log.append(numbers(name, 400, 100));
        await eventually('the second has the rest', () => fence.handled.length === 500, harness.patienceMs);
        await second.subscription.stop();
        expect(new Set(texts(fence.handled)).size).toBe(500);
      },
      slowMs,
    );

    it(
      'gives the batch of a member that died to another one',
      async () => {
        const { harness, log, topic, group } = underTest();
        const [name, same] = [await topic(2), group()];
        const doomed = await harness.startDoomedMember(same, name);
        try {
          await log.append(numbers(name, 0, 20));
          await doomed.holdsBatch();
          const fence = new Fence();
          const heir = new Reader(log, same, [name], fence);
          await doomed.kill();
          await eventually('the heir has all', () => fence.handled.length === 20, harness.patienceMs);
          await log.append(numbers(name, 20, 20));
          await eventually('and what follows', () => fence.handled.length === 40, harness.patienceMs);
          await heir.subscription.stop();
          expect(new Set(texts(fence.handled)).size).toBe(40);
        } finally {
          await doomed.kill();
        }
      },
      slowMs,
    );

    it(
      'neither loses nor skips while members come and go',
      async () => {
        const { harness, log, topic, group } = underTest();
        const [name, same] = [await topic(4), group()];
        const fence = new Fence();
        const steady = new Reader(log, same, [name], fence);
        const other = harness.open();
        let sent = 0;
        for (let round = 0; round < 3; round += 1) {
          const passing = new Reader(other, same, [name], fence);
          await log.append(numbers(name, sent, 60));
          sent += 60;
          await eventually('it takes part', () => passing.assigned.length > 0, harness.patienceMs);
          const stopping = passing.subscription.stop();
          await log.append(numbers(name, sent, 60));
          sent += 60;
          await stopping;
        }
        await eventually('all are handled', () => fence.handled.length === sent, harness.patienceMs);
        await steady.subscription.stop();
        expect(new Set(texts(fence.handled)).size).toBe(sent);
      },
      slowMs,
    );

    it('stops reading when the client is closed', async () => {
      const { harness, topic, group } = underTest();
      const name = await topic(1);
      const closing = harness.open();
      const reader = new Reader(closing, group(), [name]);
      await eventually('assigned', () => reader.assigned.length > 0, harness.patienceMs);
      await closing.close();
      await reader.subscription.ended;
      expect(reader.subscription.isHealthy()).toBe(false);
    });
  });
}
