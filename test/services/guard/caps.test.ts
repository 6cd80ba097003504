import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capOf } from '../../../services/guard/caps.js';

const sizes = [1, 2, 3, 10, 1_000];

function capsOf(limit: Parameters<typeof capOf>[0], takesOut = true): readonly (number | undefined)[] {
  return sizes.map((size) => capOf(limit, { size, unavailableByOthers: 0 }, takesOut));
}

describe(`given clusters of ${sizes.join(', ')} nodes`, () => {
  it.each([
    ['5 %', { atOnce: { share: 0.05 } }, [1, 1, 1, 1, 50]],
    ['a third', { atOnce: { share: 1 / 3 } }, [1, 1, 1, 3, 333]],
    ['all', { atOnce: { share: 1 } }, [1, 2, 3, 10, 1_000]],
    ['none', { atOnce: { share: 0 } }, [0, 0, 0, 0, 0]],
    ['two', { atOnce: { count: 2 } }, [2, 2, 2, 2, 2]],
    ['5 %, and two', { atOnce: { share: 0.05, count: 2 } }, [1, 1, 1, 1, 2]],
    ['5 %, half stay', { atOnce: { share: 0.05 }, minimumHealthy: { share: 0.5 } }, [0, 1, 1, 1, 50]],
    ['5 %, three stay', { atOnce: { share: 0.05 }, minimumHealthy: { count: 3 } }, [0, 0, 0, 1, 50]],
    ['half, 90 % stay', { atOnce: { share: 0.5 }, minimumHealthy: { share: 0.9 } }, [0, 0, 0, 1, 100]],
    ['80 % stay', { minimumHealthy: { share: 0.8 } }, [0, 0, 0, 2, 200]],
  ])('%s at once', (_what, limit, expected) => {
    expect(capsOf(limit)).toEqual(expected);
  });

  it('what takes no node out leaves the minimum of the healthy alone', () => {
    expect(capsOf({ atOnce: { share: 0.05 }, minimumHealthy: { count: 3 } }, false)).toEqual([
      1, 1, 1, 1, 50,
    ]);
    expect(capsOf({ minimumHealthy: { count: 3 } }, false)).toEqual(sizes.map(() => undefined));
  });
});

it('however many are taken up to the cap, the minimum stays healthy, and the share is not exceeded', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, share, share, (size, part, healthy, out) => {
      const unavailableByOthers = Math.floor(out * size);
      const cap =
        capOf(
          { atOnce: { share: part }, minimumHealthy: { share: healthy } },
          { size, unavailableByOthers },
          true,
        ) ?? 0;
      const left = size - unavailableByOthers - cap;
      expect(cap).toBeGreaterThanOrEqual(0);
      if (cap > 0) {
        expect(left).toBeGreaterThanOrEqual(healthy * size);
        expect(cap + unavailableByOthers).toBeLessThanOrEqual(Math.max(1, part * size));
      }
    }),
  );
});
