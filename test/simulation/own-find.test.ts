import { describe, expect, it } from 'vitest';
import { ownFind, type Find, type Search } from './sabotage/own-find.js';

const never = 'a node is isolated only for what is so at that moment';
const twice = 'no destructive effect happens twice';

/** Seeds that break a promise: with the bug, and without it. */
function given(broken: { readonly planted: readonly Find[]; readonly unplanted?: readonly Find[] }) {
  const asked: number[] = [];
  const search: Search = {
    left: () => 60,
    planted: (firstSeed) => {
      asked.push(firstSeed);
      return Promise.resolve(broken.planted.find(({ seed }) => seed >= firstSeed));
    },
    unplanted: (seed) =>
      Promise.resolve(broken.unplanted?.find((failing) => failing.seed === seed)?.invariant),
  };
  return { asked, search };
}

/** Seed 594 failed by itself, and two bugs that no seed had shown were taken for found. */
describe('what a seed found against a planted bug', () => {
  it('is the bug, where the seed keeps its promises without it', async () => {
    const { search } = given({ planted: [{ seed: 7, invariant: never }] });
    expect(await ownFind(search)).toEqual({ find: { seed: 7, invariant: never }, void: [] });
  });

  it('is nothing, where the seed breaks the same promise without the bug: the next seeds are played', async () => {
    const anyway = { seed: 594, invariant: never };
    const { search, asked } = given({
      planted: [anyway, { seed: 601, invariant: twice }],
      unplanted: [anyway],
    });
    expect(await ownFind(search)).toEqual({ find: { seed: 601, invariant: twice }, void: [anyway] });
    expect(asked).toEqual([1, 595]);
  });

  it('is nothing at all, where every seed that fails does so without the bug', async () => {
    const anyway = [594, 700].map((seed) => ({ seed, invariant: never }));
    const { search } = given({ planted: anyway, unplanted: anyway });
    expect(await ownFind(search)).toEqual({ find: undefined, void: anyway });
  });

  it('is the bug, where the seed breaks another promise without it', async () => {
    const { search } = given({
      planted: [{ seed: 594, invariant: twice }],
      unplanted: [{ seed: 594, invariant: never }],
    });
    expect(await ownFind(search)).toEqual({ find: { seed: 594, invariant: twice }, void: [] });
  });

  it('ends with the time there is, however many seeds fail by themselves', async () => {
    const anyway = [1, 2, 3, 4, 5].map((seed) => ({ seed, invariant: never }));
    const { search, asked } = given({ planted: anyway, unplanted: anyway });
    const left = [60, 60, 5, 5, 0];
    expect(await ownFind({ ...search, left: () => left.shift() ?? 0 })).toEqual({
      find: undefined,
      void: anyway.slice(0, 2),
    });
    expect(asked).toEqual([1, 2]);
  });
});
