import { describe, expect, it } from 'vitest';

import { LogWatch } from '../../adapters/event-log/log-watch.js';
import type { DecidedUpTo } from '../../adapters/ports/figures.js';

/** A log of one partition whose end is set by the test. */
function watched() {
  const end = { low: 0n, high: 0n };
  const bounds = (topic: string) =>
    Promise.resolve(topic.endsWith('.dlt') ? [] : [{ partition: 0, low: end.low, high: end.high }]);
  const watch = new LogWatch({ bounds, identify: () => Promise.resolve('log') }, [
    { group: 'g', topics: ['t'] },
  ]);
  const look = async (now: number, nextOffset?: bigint) => {
    const decided: readonly DecidedUpTo[] =
      nextOffset === undefined ? [] : [{ group: 'g', topic: 't', partition: 0, nextOffset }];
    const { undecided } = await watch.look({ decided, handledDeadLetters: [] }, now);
    return [undecided[0]?.records, undecided[0]?.seenAt];
  };
  return { end, look };
}

describe('what a group has not decided', () => {
  it('is nothing when it has read to the end', async () => {
    const { end, look } = watched();
    end.high = 7n;
    expect(await look(1_000, 7n)).toEqual([0, undefined]);
  });

  it('is as old as the look that first found the log longer than the position', async () => {
    const { end, look } = watched();
    end.high = 5n;
    expect(await look(1_000, 3n)).toEqual([2, 1_000]);
    end.high = 9n;
    expect(await look(2_000, 3n)).toEqual([6, 1_000]);
    // What was seen at 1,000 is decided; what is left came before 2,000.
    expect(await look(3_000, 5n)).toEqual([4, 2_000]);
    expect(await look(4_000, 9n)).toEqual([0, undefined]);
  });

  it('begins at what is left of the log when the group has not read yet, or lost something', async () => {
    const { end, look } = watched();
    Object.assign(end, { low: 4n, high: 6n });
    expect(await look(1_000)).toEqual([2, 1_000]);
    expect(await look(2_000, 1n)).toEqual([2, 1_000]);
  });

  it('keeps its age however often it is looked at while the log grows', async () => {
    const { end, look } = watched();
    for (let turn = 1; turn <= 2_000; turn += 1) {
      end.high = BigInt(turn);
      expect((await look(turn, 0n))[1]).toBe(1);
    }
  });
});
