import { everyPart } from '../parts/parts.js';
import { drawnDeviations } from '../scheduler/deviations.js';
import { withoutRealTime } from './forbidden.js';
import type { Violation } from '../invariants/judge.js';
import { run, type Result, type RunOptions } from './run.js';
import { drawnScript, type Script } from './script.js';
import { shrink, type Schedule } from './shrink.js';

export interface Failure {
  readonly seed: number;
  readonly violation: Violation;
  /** The smallest schedule found that fails in the same way. */
  readonly shrunk: Schedule | undefined;
}

export interface Tally {
  readonly schedules: number;
  readonly steps: number;
  readonly virtualHours: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export interface TryOptions {
  readonly firstSeed: number;
  readonly schedules: number;
  /** False: stop before this schedule. */
  readonly goOn: () => boolean;
  readonly onSchedule?: (seed: number, result: Result) => void;
  /** Told at once: a million schedules take days. */
  readonly onFailure?: (failure: Failure) => void;
  /** How often a failing schedule is run again to shrink it; 0: not at all. */
  readonly shrinkRuns: number;
  readonly mostFailures: number;
}

export function scriptOf(seed: number): Script {
  return drawnScript(seed, Object.keys(everyPart));
}

/** Plays the schedule of one seed; with everything that deviated, listed. */
export async function playSeed(
  seed: number,
  watching: Pick<RunOptions, 'keepTrace' | 'overhear' | 'onBuilt'> = {},
): Promise<{ readonly result: Result; readonly schedule: Schedule }> {
  const script = scriptOf(seed);
  const deviations = drawnDeviations(seed);
  const result = await run({ seed, script, deviations, ...watching });
  return { result, schedule: { seed, script, deviations: deviations.drawn } };
}

/** Plays one seed after another. */
export function trySeeds(options: TryOptions): Promise<Tally> {
  return withoutRealTime(() => playAll(options));
}

async function playAll(options: TryOptions): Promise<Tally> {
  const outcomes: Record<string, number> = {};
  const failures: Failure[] = [];
  let [schedules, steps, virtualMs] = [0, 0, 0];
  for (let seed = options.firstSeed; schedules < options.schedules && options.goOn(); seed += 1) {
    const { result, schedule } = await playSeed(seed);
    schedules += 1;
    steps += result.steps;
    virtualMs += result.virtualMs;
    for (const [outcome, count] of Object.entries(result.outcomes))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    const { violation } = result;
    if (violation !== undefined) {
      const shrunk =
        options.shrinkRuns > 0 ? await shrink(schedule, violation, options.shrinkRuns) : undefined;
      const failure = { seed, violation, shrunk };
      failures.push(failure);
      options.onFailure?.(failure);
    }
    options.onSchedule?.(seed, result);
    if (failures.length >= options.mostFailures) break;
  }
  return { schedules, steps, virtualHours: Math.round(virtualMs / 3_600_000), outcomes, failures };
}
