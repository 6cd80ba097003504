import { describe, expect, it } from 'vitest';
import type { FleetPicture } from '../../../adapters/ports/journal.js';
import { FleetPictures } from '../../../services/guard/fleet-pictures.js';

/** An inventory whose pictures take `tookMs` to read, on a clock that is moved by hand. */
function reading(tookMs: number) {
  const time = { now: 1_000_000, reads: 0, fails: false };
  const pictures = new FleetPictures({
    picture: (cluster): Promise<FleetPicture> => {
      time.reads += 1;
      time.now += tookMs;
      if (time.fails) return Promise.reject(new Error('away'));
      return Promise.resolve({ cluster, observedAt: time.reads, groups: [] });
    },
  });
  const ask = async (): Promise<number | undefined> => (await pictures.of('a', () => time.now))?.observedAt;
  return { time, ask };
}

describe('the picture of the fleet', () => {
  it('given that reading takes no time, then whoever asks is told what is so now', async () => {
    const { ask } = reading(0);
    expect([await ask(), await ask(), await ask()]).toEqual([1, 2, 3]);
  });

  it('given that reading takes long, then it serves for twenty times as long', async () => {
    const { time, ask } = reading(10);
    await ask();
    time.now += 180;
    expect([await ask(), time.reads]).toEqual([1, 1]);
  });

  it('given that it has served its time, then it still does while it is read anew', async () => {
    const { time, ask } = reading(10);
    await ask();
    time.now += 200;
    expect([await ask(), time.reads]).toEqual([1, 2]);
    await Promise.resolve();
    expect(await ask()).toBe(2);
  });

  it('given that nobody asked for a second, then the next one waits for a new one', async () => {
    const { time, ask } = reading(200);
    await ask();
    time.now += 800;
    expect([await ask(), time.reads]).toEqual([2, 2]);
  });

  it('given a journal that is away, then the last one serves for at most a second in all', async () => {
    const { time, ask } = reading(100);
    await ask();
    time.fails = true;
    time.now += 500;
    expect(await ask()).toBe(1);
    time.now += 500;
    await expect(ask()).rejects.toThrow('away');
  });
});
