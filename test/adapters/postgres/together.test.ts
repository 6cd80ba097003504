import { describe, expect, it } from 'vitest';
import { Together } from '../../../adapters/postgres/journal/together.js';

/** A write that ends when it is told to. */
function slowWrite(): {
  readonly batches: (readonly number[])[];
  readonly write: (items: readonly number[]) => Promise<readonly number[]>;
  readonly end: (error?: Error) => void;
} {
  const batches: (readonly number[])[] = [];
  const ends: ((error?: Error) => void)[] = [];
  return {
    batches,
    write: (items) => {
      batches.push(items);
      return new Promise((resolve, reject) => {
        ends.push((error) => {
          if (error === undefined) resolve(items.map((item) => item * 10));
          else reject(error);
        });
      });
    },
    end: (error) => ends.shift()?.(error),
  };
}

describe('what goes together', () => {
  it('given a write under way, then all that is asked for meanwhile goes in the next one', async () => {
    const { batches, write, end } = slowWrite();
    const together = new Together(write);
    const first = together.add(1);
    await expect.poll(() => batches.length).toBe(1);
    const others = [2, 3, 4].map((item) => together.add(item));
    end();
    expect(await first).toBe(10);
    await expect.poll(() => batches.length).toBe(2);
    end();
    expect(await Promise.all(others)).toEqual([20, 30, 40]);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  it('given items that do not fit, then they wait for their turn, and none is forgotten', async () => {
    const { batches, write, end } = slowWrite();
    const together = new Together(write, (item, chosen) => !chosen.includes(item));
    const answers = [1, 2, 1, 1].map((item) => together.add(item));
    for (let round = 0; round < 3; round += 1) {
      await expect.poll(() => batches.length).toBe(round + 1);
      end();
    }
    expect(await Promise.all(answers)).toEqual([10, 20, 10, 10]);
    expect(batches).toEqual([[1, 2], [1], [1]]);
  });

  it('given a write that fails, then those in it hear of it and the next goes on', async () => {
    const { batches, write, end } = slowWrite();
    const together = new Together(write);
    const first = together.add(1);
    await expect.poll(() => batches.length).toBe(1);
    const second = together.add(2);
    end(new Error('the database is away'));
    await expect(first).rejects.toThrow('the database is away');
    await expect.poll(() => batches.length).toBe(2);
    end();
    expect(await second).toBe(20);
  });
});
