import { describe, expect, it } from 'vitest';
import type { Violation } from '../../simulation/invariants/judge.js';
import { everyPart } from '../../simulation/parts/parts.js';
import { listedDeviations, type Deviation } from '../../simulation/scheduler/deviations.js';
import { describeFailure } from '../../simulation/schedules/describe-failure.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { run } from '../../simulation/schedules/run.js';
import { drawnScript } from '../../simulation/schedules/script.js';
import { shrink, type Schedule } from '../../simulation/schedules/shrink.js';
import { NoSchedule, readSchedule, writtenSchedule } from '../../simulation/schedules/stored-schedule.js';
import { playSeed } from '../../simulation/schedules/try-seeds.js';

const violation: Violation = { invariant: 'planted', message: 'n1 fell over', at: 7 };
const script = drawnScript(4, Object.keys(everyPart));
const [first] = script.events;
const last = script.events.at(-1);

/** All events of a seed, with a hundred short delays and one trouble. */
const schedule: Schedule = {
  seed: 4,
  script,
  deviations: new Map<string, Deviation>([
    ...Array.from({ length: 100 }, (_, index): [string, Deviation] => [
      `call #${index}`,
      { requestMs: index },
    ]),
    ['call #100', { trouble: 'crash-before' }],
  ]),
};

/** What does not hold as soon as this is in a schedule; counts how often it was played. */
function planted(isIn: (tried: Schedule) => boolean) {
  const played: Schedule[] = [];
  const play = (tried: Schedule): Promise<Violation | undefined> => {
    played.push(tried);
    return Promise.resolve(isIn(tried) ? violation : undefined);
  };
  return { played, play };
}

const holds = (event: unknown) => (tried: Schedule) => tried.script.events.some((one) => one === event);

describe('a schedule that fails is made smaller', () => {
  it('to the events that it takes, and no deviation where it takes none', async () => {
    const { play } = planted((tried) => holds(first)(tried) && holds(last)(tried));
    const shrunk = await shrink(schedule, violation, 300, play);
    expect(shrunk?.script).toEqual({ ...script, events: [first, last] });
    expect(shrunk?.deviations.size).toBe(0);
  });

  it.each(['call #100', 'call #17'])('to the one deviation that it takes (%s)', async (key) => {
    const { play } = planted((tried) => holds(last)(tried) && tried.deviations.has(key));
    const shrunk = await shrink(schedule, violation, 300, play);
    expect(shrunk?.script.events).toEqual([last]);
    expect([...(shrunk?.deviations.keys() ?? [])]).toEqual([key]);
  });

  it('and fails in the same way still: another failure is not followed', async () => {
    const other: Violation = { ...violation, invariant: 'another' };
    const play = (tried: Schedule): Promise<Violation> =>
      Promise.resolve(holds(first)(tried) ? violation : other);
    const shrunk = await shrink(schedule, violation, 300, play);
    expect(shrunk?.script.events).toEqual([first]);
  });

  it('no more often than it is asked to: one of a thousand deviations took minutes', async () => {
    const { play, played } = planted((tried) => tried.deviations.size >= 90);
    expect(await shrink(schedule, violation, 20, play)).toBeDefined();
    expect(played.length).toBeLessThanOrEqual(21);
  });

  it('unless, listed, it does not fail at all', async () => {
    const { play } = planted(() => false);
    expect(await shrink(schedule, violation, 300, play)).toBeUndefined();
  });
});

describe('a shrunk schedule', () => {
  it('that was written is read again as it was', () => {
    expect(readSchedule(writtenSchedule(schedule))).toEqual(schedule);
  });

  it('plays the same steps as the seed that it is of, where all of it is written', async () => {
    const { result, schedule: whole } = await withoutRealTime(() => playSeed(4));
    const { deviations, ...read } = readSchedule(writtenSchedule(whole));
    const again = await withoutRealTime(() => run({ ...read, deviations: listedDeviations(deviations) }));
    expect(again.hash).toBe(result.hash);
  });

  it.each(['', '[]', '{}', '{"seed":1,"script":{"nodes":[],"events":[{}]},"deviations":{}}'])(
    'is not any text (%s)',
    (text) => {
      expect(() => readSchedule(text)).toThrow(NoSchedule);
    },
  );

  it('is told of with where it stands whole, for whoever reads only its beginning', () => {
    const told = describeFailure({ seed: 4, violation, shrunk: schedule }, '/tmp/seed-4.json').split('\n');
    expect(told[1]).toBe('  but n1 fell over');
    expect(told.length).toBeLessThan(60);
    expect(told).toContain('repeat this: npm run simulate -- --schedule /tmp/seed-4.json --trace');
    expect(told).toContain('repeat all of it: npm run simulate -- --seed 4 --schedules 1 --trace');
  });
});
