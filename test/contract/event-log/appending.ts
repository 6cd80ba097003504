import { describe, expect, it } from 'vitest';
import { RecordsRefused } from '../../../adapters/event-log/errors.js';
import { partitionOfKey } from '../../../adapters/event-log/partition-of-key.js';
import { LogUnavailable, RecordRefused, type NewRecord } from '../../../adapters/ports/event-log.js';
import { readAll, record, texts } from './reading.js';
import type { LogUnderTest } from './suite.js';

export function describeAppending(underTest: () => LogUnderTest): void {
  describe('appending', () => {
    it('keeps the order of one key', async () => {
      const { log, topic } = underTest();
      const name = await topic(3);
      const keys = ['a/n1', 'a/n2', 'a/n3', 'b/n1'];
      const sent = Array.from({ length: 400 }, (_, n) => record(name, keys[n % keys.length] ?? '', `${n}`));
      await log.append(sent);
      const stored = await readAll(log, name);
      for (const key of keys) {
        expect(texts(stored.filter((one) => one.key === key))).toEqual(
          sent.filter((one) => one.key === key).map(({ value }) => value?.toString()),
        );
      }
    });

    it('puts a key where every Kafka client puts it', async () => {
      const { log, topic } = underTest();
      const name = await topic(12);
      const keys = Array.from({ length: 100 }, (_, n) => `cluster-${n % 7}/node-${n}`);
      await log.append(keys.map((key) => record(name, key, key)));
      for (const { key, partition } of await readAll(log, name))
        expect(partition).toBe(partitionOfKey(key ?? '', 12));
    });

    it('shows what was acknowledged to every client, at dense offsets', async () => {
      const { harness, log, topic } = underTest();
      const name = await topic(1);
      await log.append(['0', '1', '2'].map((text) => record(name, 'a/n1', text)));
      const stored = await readAll(harness.open(), name);
      expect(texts(stored)).toEqual(['0', '1', '2']);
      expect(stored.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    });

    it('keeps the order of one key over successive calls that are not awaited', async () => {
      const { log, topic } = underTest();
      const name = await topic(3);
      const calls = Array.from({ length: 200 }, (_, n) => log.append([record(name, 'a/n1', `${n}`)]));
      await Promise.all(calls);
      expect(texts(await readAll(log, name))).toEqual(Array.from({ length: 200 }, (_, n) => `${n}`));
    });

    it('loses and doubles nothing of concurrent clients', async () => {
      const { harness, log, topic } = underTest();
      const name = await topic(3);
      const clients = [log, harness.open(), harness.open()];
      await Promise.all(
        Array.from({ length: 150 }, (_, n) =>
          (clients[n % 3] ?? log).append([
            record(name, `a/n${n % 11}`, `${n}`),
            record(name, `b/n${n % 5}`, `${n + 1000}`),
          ]),
        ),
      );
      const stored = await readAll(log, name);
      expect(stored).toHaveLength(300);
      expect(new Set(texts(stored)).size).toBe(300);
    });

    it('sends one call to several topics', async () => {
      const { log, topic } = underTest();
      const [one, two] = [await topic(1), await topic(2)];
      await log.append([record(one, 'a/n1', 'x'), record(two, 'a/n1', 'y'), record(one, 'a/n1', 'z')]);
      expect(texts(await readAll(log, one))).toEqual(['x', 'z']);
      expect(texts(await readAll(log, two))).toEqual(['y']);
    });

    it('does nothing for no records', async () => {
      await expect(underTest().log.append([])).resolves.toBeUndefined();
    });

    it('gives back key, headers and bytes as they were', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      const headers = { ce_type: 'täst → ✓ 🚦', empty: '', 'ce-id': '\u0000"\\' };
      const value = Buffer.from([0, 255, 128, 39, 92, 10]);
      await log.append([{ topic: name, key: 'clüster/\u0000🚦', value, headers }]);
      const [stored] = await readAll(log, name);
      expect(stored).toMatchObject({
        key: 'clüster/\u0000🚦',
        headers,
        offset: 0n,
        partition: 0,
        topic: name,
      });
      expect(stored?.value?.equals(value)).toBe(true);
    });

    it('tells a tombstone from an empty value', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      const empty: NewRecord = { topic: name, key: 'a/n1', value: Buffer.alloc(0), headers: {} };
      await log.append([empty, { ...empty, value: undefined }]);
      const [first, second] = await readAll(log, name);
      expect(first?.value?.length).toBe(0);
      expect(second?.value).toBeUndefined();
      expect(second?.key).toBe('a/n1');
    });

    it('takes a value of one mebibyte', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      const value = Buffer.alloc(1_048_576, 'fault');
      await log.append([{ topic: name, key: 'a/n1', value, headers: {} }]);
      expect((await readAll(log, name))[0]?.value?.equals(value)).toBe(true);
    });

    it('takes many large values in one call', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      const value = Buffer.alloc(700_000, 'x');
      await log.append(
        Array.from({ length: 9 }, (_, n) => ({ topic: name, key: 'a/n1', value, headers: { n: `${n}` } })),
      );
      expect((await readAll(log, name)).map(({ headers }) => headers['n'])).toEqual([
        '0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
        '8',
      ]);
    });

    it('refuses a record that is too large, by name, and keeps its neighbours', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      const large = { topic: name, key: 'a/large', value: Buffer.alloc(12_000_000), headers: {} };
      const call = log.append([record(name, 'a/n1', 'before'), large, record(name, 'a/n1', 'after')]);
      const neighbour = log.append([record(name, 'a/n1', 'neighbour')]);
      const failure = await call.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RecordRefused);
      expect(failure instanceof RecordsRefused ? failure.refusals.map((one) => one.record) : []).toEqual([
        large,
      ]);
      await neighbour;
      expect(texts(await readAll(log, name))).toEqual(['before', 'after', 'neighbour']);
    });

    it('refuses a record without a key', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      await expect(log.append([record(name, '', 'x')])).rejects.toThrow(RecordRefused);
      expect(await readAll(log, name)).toEqual([]);
    });

    it('never lets append times go backwards within a partition', async () => {
      const { log, topic } = underTest();
      const name = await topic(1);
      for (let n = 0; n < 20; n += 1) await log.append([record(name, 'a/n1', `${n}`)]);
      const times = (await readAll(log, name)).map(({ appendedAt }) => appendedAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(3_600_000);
    });

    it('takes nothing any more once it was closed', async () => {
      const { harness, topic } = underTest();
      const name = await topic(1);
      const closing = harness.open();
      await closing.append([record(name, 'a/n1', 'x')]);
      await closing.close();
      await closing.close();
      await expect(closing.append([record(name, 'a/n1', 'y')])).rejects.toThrow(LogUnavailable);
    });
  });
}
