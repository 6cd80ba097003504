import { describe, expect, it } from 'vitest';
import { Pace } from '../../../adapters/clock/pace.js';

function paceAt(times: readonly number[]): readonly number[] {
  let now = 0;
  const pace = new Pace({ everyMs: 10, burst: 3, now: () => now });
  return times.map((time) => {
    now = time;
    return pace.spend();
  });
}

describe('the pace of a loop', () => {
  it('given turns with rests between them, then none of them waits', () => {
    expect(paceAt([0, 10, 20, 500, 510])).toEqual([0, 0, 0, 0, 0]);
  });

  it('given turns that follow at once, then as many pass as there is credit for, and the rest one by one', () => {
    expect(paceAt([0, 0, 0, 0, 0])).toEqual([0, 0, 0, 10, 20]);
  });

  it('given a long rest, then it earns no more credit than a burst', () => {
    expect(paceAt([0, 9_000, 9_000, 9_000, 9_000])).toEqual([0, 0, 0, 0, 10]);
  });

  it('given an abort while it waits, then the turn is let through', async () => {
    const pace = new Pace({ everyMs: 3_600_000, burst: 0 });
    const stop = new AbortController();
    const turn = pace.turn(stop.signal);
    stop.abort();
    await expect(turn).resolves.toBeUndefined();
  });
});
