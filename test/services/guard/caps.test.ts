import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capOf, mostOut, partOf } from '../../../services/guard/caps.js';

const sizes = [1, 2, 3, 10, 1_000];

describe(`given clusters of ${sizes.join(', ')} nodes`, () => {
  it.each([
    ['5 %', { share: 0.05 }, [1, 1, 1, 1, 50]],
    ['a third', { share: 1 / 3 }, [1, 1, 1, 3, 333]],
    ['all', { share: 1 }, [1, 2, 3, 10, 1_000]],
    ['none', { share: 0 }, [0, 0, 0, 0, 0]],
    ['two', { count: 2 }, [2, 2, 2, 2, 2]],
    ['5 %, and two', { share: 0.05, count: 2 }, [1, 1, 1, 1, 2]],
  ])('%s at once', (_what, limit, expected) => {
    expect(sizes.map((size) => capOf(limit, size))).toEqual(expected);
  });

  it.each([
    ['half', { share: 0.5 }, [0, 1, 1, 5, 500]],
    ['three', { count: 3 }, [0, 0, 0, 7, 997]],
    ['80 %', { share: 0.8 }, [0, 0, 0, 2, 200]],
  ])('%s stay healthy', (_what, limit, expected) => {
    expect(sizes.map((size) => mostOut(limit, size))).toEqual(expected);
  });
});

it('a share is counted as it is written, not as floating point has it (29 % of 100 nodes were 28, and 55 % of them 56)', () => {
  const percents = Array.from({ length: 99 }, (_, index) => index + 1);
  for (const size of [100, 1_000, 25_000])
    for (const percent of percents) {
      const exactly = (percent * size) / 100;
      expect(capOf({ share: percent / 100 }, size)).toBe(exactly);
      expect(mostOut({ share: percent / 100 }, size)).toBe(size - exactly);
    }
});

it('however many are out up to the most, the minimum stays healthy', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, (size, healthy) => {
      const most = mostOut({ share: healthy }, size);
      expect(most).toBeGreaterThanOrEqual(0);
      if (most > 0) expect(size - most).toBeGreaterThanOrEqual(partOf(healthy, size));
    }),
  );
});

it('however many are taken up to the cap, the share is not exceeded, or it is one', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, (size, part) => {
      expect(capOf({ share: part }, size)).toBeLessThanOrEqual(Math.max(1, partOf(part, size)));
    }),
  );
});
