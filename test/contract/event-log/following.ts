import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { newestAppendAt, oldestAppendAt } from '../../../services/append-time.js';
import { readAll, Reader, record, texts } from './reading.js';
import type { LogUnderTest } from './suite.js';

/** Readers that are nobody's group, and beginnings by time. */
export function describeFollowing(underTest: () => LogUnderTest): void {
  describe('following', () => {
    it('gives each of two followers everything, from where it said', async () => {
      const { log, topic } = underTest();
      const name = await topic(3);
      const all = Array.from({ length: 20 }, (_, n) => `${n}`);
      await log.append(all.map((text) => record(name, `a/n${text}`, text)));
      const readers = [1, 2].map(() => new Reader(log, undefined, [name]));
      for (const reader of readers) {
        await reader.has(20);
        expect(texts(reader.records).toSorted()).toEqual(all.toSorted());
        await reader.subscription.stop();
      }
    });

    it('finds in each partition the first record since a time', async () => {
      const { log, topic } = underTest();
      const name = await topic(2);
      const keys = ['a/n1', 'a/n2', 'a/n3', 'a/n4'];
      for (const round of ['1', '2', '3']) {
        await log.append(keys.map((key) => record(name, key, round)));
        await sleep(5);
      }
      const records = await readAll(log, name);
      const second = records.filter((one) => one.value?.toString() === '2');
      const since = Math.min(...second.map(({ appendedAt }) => appendedAt));
      const bounds = await log.bounds(name);
      const found = await log.offsetsSince(name, since);
      const before = (partition: number): number =>
        records.filter((one) => one.partition === partition && one.appendedAt < since).length;
      expect(bounds.map(({ partition }) => found.get(partition))).toEqual(
        bounds.map(({ partition }) => BigInt(before(partition))),
      );
      const late = await log.offsetsSince(name, Date.now() + 60_000);
      expect(bounds.map(({ partition }) => late.get(partition))).toEqual(bounds.map(({ high }) => high));
      const early = await log.offsetsSince(name, 0);
      expect(bounds.map(({ partition }) => early.get(partition))).toEqual(bounds.map(({ low }) => low));
    });

    it('tells by such questions when records were appended, to a second', async () => {
      const { log, topic } = underTest();
      const name = await topic(2);
      await log.append(['a/n1', 'a/n2', 'a/n3', 'a/n4'].map((key) => record(name, key, 'first')));
      await sleep(1_500);
      await log.append(['a/n1', 'a/n2', 'a/n3', 'a/n4'].map((key) => record(name, key, 'last')));
      const records = await readAll(log, name);
      const bounds = await log.bounds(name);
      const firsts = records.filter(({ offset }) => offset === 0n).map(({ appendedAt }) => appendedAt);
      const lasts = records
        .filter(({ partition, offset }) =>
          bounds.some((one) => one.partition === partition && one.high === offset + 1n),
        )
        .map(({ appendedAt }) => appendedAt);
      const filled = bounds.filter(({ high }) => high > 0n);
      const first = { topic: name, offsets: new Map(filled.map(({ partition }) => [partition, 0n])) };
      const last = {
        topic: name,
        offsets: new Map(filled.map(({ partition, high }) => [partition, high - 1n])),
      };
      const oldest = Math.min(...firsts) - (await oldestAppendAt(log, first, Date.now() + 60_000));
      const newest = Math.max(...lasts) - (await newestAppendAt(log, last, Date.now() + 60_000));
      for (const tooEarlyMs of [oldest, newest]) {
        expect(tooEarlyMs).toBeGreaterThanOrEqual(0);
        expect(tooEarlyMs).toBeLessThanOrEqual(1_000);
      }
    });
  });
}
