import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byNarrowness, keepsAfterMs, keepsRooms } from '../../../adapters/journal/kept-rooms.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';
import { LinesModel, roundsUntilKept, type Rule, type Waiter } from './lines-model.js';

/** Everybody who is awake asks, and whoever that wakes, in an order that somebody else chooses. */
function askAll(model: LinesModel, choose: (among: number) => number): void {
  for (let asks = 0; ; asks += 1) {
    if (asks > 1_000) throw new Error('they wake each other without end');
    const awake = model.waiters.filter(({ isAwake }) => isAwake);
    const next = awake[choose(awake.length)];
    if (next === undefined) return;
    model.ask(next);
  }
}

/**
 * Two counters with room for one each. Who needs one of them waits in each line at any time; they give back in turns. Returns after how many rounds
 * the one that came first, and needs both, has leave.
 */
function roundsUntilBoth(rule: Rule, rounds: number): number | undefined {
  const model = new LinesModel({ a: 1, b: 1 }, rule);
  let rank = 0;
  const come = (...needs: readonly string[]): Waiter => model.arrive((rank += 1), needs);
  come('a');
  come('b');
  const both = come('a', 'b');
  for (; model.round < rounds; model.round += 1) {
    const counter = model.round % 2 === 0 ? 'a' : 'b';
    come(counter);
    const holder = model.holders.find(({ needs }) => needs.includes(counter));
    if (holder !== undefined) model.release(holder);
    askAll(model, () => 0);
    // Nobody has waked it; it asks all the same.
    if (model.waiters.includes(both)) model.ask(both);
    if (model.holders.includes(both)) return model.round;
  }
  return undefined;
}

const names = ['a', 'b', 'c', 'd'] as const;
const needs = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
const worlds = fc.record({
  caps: fc.record({
    a: fc.integer({ min: 1, max: 3 }),
    b: fc.integer({ min: 1, max: 2 }),
    c: fc.integer({ min: 1, max: 3 }),
    d: fc.constant(1),
  }),
  /** Those who are looked at. */
  first: fc.array(needs, { minLength: 1, maxLength: 8 }),
  /** Whoever comes after them: in each round the next ones, over and over again. */
  later: fc.array(fc.array(needs, { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
  choices: fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
});

type World = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never;

/** Whoever has leave gives it back within so many rounds. */
const longest = 4;
const enough = 1_024;

/** Those of the first who have no leave after so many rounds. */
function play(rule: Rule, { caps, first, later, choices }: World): readonly Waiter[] {
  const model = new LinesModel(caps, rule);
  let chosen = 0;
  const choose = (among: number): number =>
    (choices[(chosen += 1) % choices.length] ?? 0) % Math.max(among, 1);
  const heldSince = new Map<Waiter, number>();
  let rank = 0;
  const come = (of: readonly string[]): Waiter => model.arrive((rank += 1), of);
  // What is there is taken when they come.
  for (const name of names) for (let room = 0; room < model.capOf(name); room += 1) come([name]);
  const watched = first.map(come);
  for (; model.round < enough && watched.some((one) => model.waiters.includes(one)); model.round += 1) {
    for (const one of later[model.round % later.length] ?? []) come(one);
    for (const holder of [...model.holders]) {
      const since = heldSince.get(holder) ?? model.round;
      heldSince.set(holder, since);
      if (model.round - since >= longest || choose(longest) === 0) model.release(holder);
      askAll(model, choose);
    }
    // As both journals do: everybody asks again in a while, whoever is woken.
    for (const waiter of [...model.waiters]) if (choose(3) === 0) waiter.isAwake = true;
    askAll(model, choose);
    for (const name of names)
      if (model.usedOf(name) > model.capOf(name)) throw new Error(`more than there is of ${name}`);
  }
  return watched.filter((one) => model.waiters.includes(one));
}

describe('rooms that are kept', () => {
  it('given two counters that are always full and waited for, when everybody stands in one line and keeps nothing, then who needs both is passed for ever (a goes to who needs a while b is full, b to who needs b while a is full)', () => {
    expect(roundsUntilBoth('one line', 20_000)).toBeUndefined();
  });

  it('given the same with kept rooms, then it has leave soon after it has begun to keep them', () => {
    expect(roundsUntilBoth('kept rooms', 20_000)).toBeLessThan(roundsUntilKept + 4);
  });

  it('given any counters, whoever comes and in whatever order they ask and give back, then no counter is exceeded, and everybody has leave in the end', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(play('kept rooms', world)).toEqual([]);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  it('is what the world needs that was found for one line each: the one that needs b and d is passed by those who need b, or d', () => {
    const found: World = {
      caps: { a: 1, b: 1, c: 1, d: 1 },
      first: [['b', 'd'], ['a']],
      later: [[['b']], [['d']], []],
      choices: [4763385],
    };
    expect(play('one line', found).map(({ needs: of }) => of)).toEqual([['b', 'd']]);
    expect(play('kept rooms', found)).toEqual([]);
  });

  it('is for those who have waited for an hour, in turns that grow', () => {
    const hours = (count: number): boolean => keepsRooms(count * keepsAfterMs);
    expect([0, 0.99, 1, 1.74, 1.75, 1.99, 2, 3.49, 3.5, 3.99, 4, 6.99, 7, 8].map(hours)).toEqual([
      ...[false, false, true, true, false, false, true, true, false, false, true, true, false, true],
    ]);
  });

  it('begins with the narrowest counter, and comes to rates last', () => {
    const budget = (counter: string, cap: number, until: BudgetClaim['until']): BudgetClaim => ({
      ...{ counter, line: counter, operation: 'isolate', cap, until },
    });
    const asked = [
      budget('rate', 1, 'never'),
      budget('wide', 50, 'returned'),
      budget('b', 2, 'settled'),
      budget('a', 2, 'returned'),
    ];
    expect([...asked].sort(byNarrowness).map(({ counter }) => counter)).toEqual(['a', 'b', 'wide', 'rate']);
  });
});
