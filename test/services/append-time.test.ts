import { describe, expect, it } from 'vitest';

import { newestAppendAt, oldestAppendAt } from '../../services/append-time.js';

const now = 1_800_000_000_000;

/** A log of one topic, by partition the times of its records; what was asked is counted. */
function logOf(times: readonly (readonly number[])[]) {
  let questions = 0;
  return {
    questions: () => questions,
    offsetsSince: (_topic: string, since: number) => {
      questions += 1;
      const firstSince = (partition: readonly number[]): number =>
        partition.findIndex((at) => at >= since) < 0
          ? partition.length
          : partition.findIndex((at) => at >= since);
      return Promise.resolve(
        new Map(times.map((partition, index) => [index, BigInt(firstSince(partition))])),
      );
    },
  };
}

describe('when a record was appended', () => {
  it.each([0, 1, 999, 1_000, 59_000, 86_400_000, 90 * 86_400_000, 3 * 365 * 86_400_000])(
    'is found without reading it, up to a second, where it is %i ms old',
    async (ageMs) => {
      const log = logOf([[now - ageMs - 5_000, now - ageMs, now]]);
      const found = await oldestAppendAt(log, { topic: 't', offsets: new Map([[0, 1n]]) }, now);
      expect(found).toBeLessThanOrEqual(now - ageMs);
      expect(found).toBeGreaterThanOrEqual(now - ageMs - 1_000);
      expect(log.questions()).toBeLessThan(70);
    },
  );

  it('is that of the oldest of several', async () => {
    const log = logOf([[now - 7_000], [now - 600_000, now - 90_000], [now - 900_000]]);
    const offsets = new Map([
      [0, 0n],
      [1, 1n],
    ]);
    const found = await oldestAppendAt(log, { topic: 't', offsets }, now);
    expect(now - found).toBeGreaterThanOrEqual(90_000);
    expect(now - found).toBeLessThanOrEqual(91_000);
  });

  it('is that of the newest of several, if that is what is asked for', async () => {
    const log = logOf([[now - 7_000], [now - 600_000, now - 90_000]]);
    const offsets = new Map([
      [0, 0n],
      [1, 1n],
    ]);
    const found = await newestAppendAt(log, { topic: 't', offsets }, now);
    expect(now - found).toBeGreaterThanOrEqual(7_000);
    expect(now - found).toBeLessThanOrEqual(8_000);
  });

  it('is found in a log whose first record is as old as time', async () => {
    expect(await oldestAppendAt(logOf([[0]]), { topic: 't', offsets: new Map([[0, 0n]]) }, now)).toBe(0);
  });

  it('is now where its time is ahead', async () => {
    const found = await oldestAppendAt(
      logOf([[now + 60_000]]),
      { topic: 't', offsets: new Map([[0, 0n]]) },
      now,
    );
    expect(found).toBe(now - 1_000);
  });
});
