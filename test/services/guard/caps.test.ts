import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capOf, mostOut } from '../../../services/guard/caps.js';

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

it('however many are out up to the most, the minimum stays healthy', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, (size, healthy) => {
      const most = mostOut({ share: healthy }, size);
      expect(most).toBeGreaterThanOrEqual(0);
      if (most > 0) expect(size - most).toBeGreaterThanOrEqual(healthy * size);
    }),
  );
});

it('however many are taken up to the cap, the share is not exceeded, or it is one', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, (size, part) => {
      expect(capOf({ share: part }, size)).toBeLessThanOrEqual(Math.max(1, part * size));
    }),
  );
});
