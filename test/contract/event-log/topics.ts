import { describe, expect, it } from 'vitest';
import { UnknownTopic } from '../../../adapters/event-log/errors.js';
import { eventually, record, Reader, readAll, texts } from './reading.js';
import type { LogUnderTest } from './suite.js';

export function describeTopics(underTest: () => LogUnderTest): void {
  describe('topics and bounds', () => {
    it('gives the same identity to every client', async () => {
      const { harness, log } = underTest();
      const identity = await log.identify();
      expect(identity).not.toBe('');
      expect(await log.identify()).toBe(identity);
      expect(await harness.open().identify()).toBe(identity);
    });

    it('makes a topic that is there already again without harm', async () => {
      const { log, topic } = underTest();
      const name = await topic(3);
      await log.append([record(name, 'a/n1', 'kept')]);
      await log.ensureTopics([{ topic: name, partitions: 3, retentionMs: -1, compacted: false }]);
      expect(texts(await readAll(log, name))).toEqual(['kept']);
    });

    it('makes a topic once when two clients ask at once', async () => {
      const { harness, log, topic } = underTest();
      const wanted = { topic: `${await topic(1)}.twice`, partitions: 2, retentionMs: -1, compacted: false };
      await Promise.all([log.ensureTopics([wanted]), harness.open().ensureTopics([wanted])]);
      expect(await log.bounds(wanted.topic)).toHaveLength(2);
    });

    it('refuses another partition count than the topic has', async () => {
      const { log, topic } = underTest();
      const name = await topic(3);
      const other = { topic: name, partitions: 4, retentionMs: -1, compacted: false };
      await expect(log.ensureTopics([other])).rejects.toThrow(/3 partitions/);
      expect(await log.bounds(name)).toHaveLength(3);
    });

    it('gives empty bounds for a new topic and counts what is appended', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      expect(await log.bounds(name)).toEqual([{ partition: 0, low: 0n, high: 0n }]);
      await log.append([record(name, 'a/n1', '1'), record(name, 'a/n2', '2')]);
      expect(await log.bounds(name)).toEqual([{ partition: 0, low: 0n, high: 2n }]);
    });

    it('raises the low bound when old records are trimmed', async () => {
      const { harness, log, topic } = underTest();
      const name = await topic(1);
      await log.append(['0', '1', '2', '3'].map((text) => record(name, 'a/n1', text)));
      await harness.trim(name, 0, 3n);
      await eventually('low is 3', async () => (await log.bounds(name))[0]?.low === 3n);
      expect(texts(await readAll(log, name))).toEqual(['3']);
    });

    it('names the topic that it does not have', async () => {
      const { log, group } = underTest();
      const missing = `missing.${group()}`;
      await expect(log.bounds(missing)).rejects.toThrow(missing);
      await expect(log.append([record(missing, 'a/n1', 'x')])).rejects.toThrow(UnknownTopic);
      const reader = new Reader(log, group(), [missing]);
      await expect(reader.subscription.ended).rejects.toThrow(missing);
      expect(reader.subscription.isHealthy()).toBe(false);
      await reader.subscription.stop().catch(() => undefined);
    });

    it('reads any range, without its end, and only what is there', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      await log.append(['0', '1', '2', '3', '4'].map((text) => record(name, 'a/n1', text)));
      const range = async (from: bigint, to: bigint): Promise<readonly string[]> => {
        const found: string[] = [];
        for await (const one of log.read(name, 0, from, to)) found.push(one.value?.toString() ?? '');
        return found;
      };
      expect(await range(1n, 3n)).toEqual(['1', '2']);
      expect(await range(3n, 100n)).toEqual(['3', '4']);
      expect(await range(5n, 9n)).toEqual([]);
      expect(await range(2n, 2n)).toEqual([]);
    });
  });
}
