import { listedDeviations, type Deviation } from '../scheduler/deviations.js';
import type { Violation } from '../invariants/judge.js';
import { run } from './run.js';
import type { Script, Scripted } from './script.js';

/** A schedule as it is: everything that happens and every call that deviates, listed. */
export interface Schedule {
  readonly seed: number;
  readonly script: Script;
  readonly deviations: ReadonlyMap<string, Deviation>;
}

type Part =
  | { readonly kind: 'event'; readonly event: Scripted }
  | { readonly kind: 'deviation'; readonly key: string; readonly deviation: Deviation };

/** The violation of a listed schedule, if there is one. */
export async function violationOf({ seed, script, deviations }: Schedule): Promise<Violation | undefined> {
  return (await run({ seed, script, deviations: listedDeviations(deviations) })).violation;
}

/**
 * Leaves out of a failing schedule what its failure does not need (ddmin: Zeller and Hildebrandt, 2002): what is left fails in
 * the same way, and no smaller piece of it was found to. Undefined: listed, it does not fail at all.
 * @param mostRuns how often a smaller schedule is tried
 * @param play what a schedule violates
 */
export async function shrink(
  schedule: Schedule,
  violation: Violation,
  mostRuns: number,
  play: typeof violationOf = violationOf,
): Promise<Schedule | undefined> {
  let runs = 0;
  const fails = async (tried: readonly Part[]): Promise<boolean> => {
    if (runs > mostRuns) return false;
    runs += 1;
    return (await play(assembled(schedule, tried)))?.invariant === violation.invariant;
  };
  const all = partsOf(schedule);
  if (!(await fails(all))) return undefined;
  let parts = await withoutDelays(all, fails);
  for (let pieces = 2; runs < mostRuns && pieces <= Math.max(parts.length, 2);) {
    const smaller = await withoutAPiece(parts, pieces, fails);
    if (smaller !== undefined) {
      parts = smaller;
      pieces = Math.max(2, pieces - 1);
    } else if (pieces >= parts.length) break;
    else pieces = Math.min(parts.length, pieces * 2);
  }
  return assembled(schedule, parts);
}

/** Most failures need no deviation at all, or none but a few troubles: thousands of short delays one by one take too long. */
async function withoutDelays(
  parts: readonly Part[],
  fails: (parts: readonly Part[]) => Promise<boolean>,
): Promise<readonly Part[]> {
  const isDelay = (part: Part): boolean => part.kind === 'deviation' && part.deviation.trouble === undefined;
  const events = parts.filter(({ kind }) => kind === 'event');
  if (await fails(events)) return events;
  const undelayed = parts.filter((part) => !isDelay(part));
  return (await fails(undelayed)) ? undelayed : parts;
}

async function withoutAPiece(
  parts: readonly Part[],
  pieces: number,
  fails: (parts: readonly Part[]) => Promise<boolean>,
): Promise<readonly Part[] | undefined> {
  const size = Math.ceil(parts.length / pieces);
  for (let from = 0; from < parts.length; from += size) {
    const rest = [...parts.slice(0, from), ...parts.slice(from + size)];
    if (await fails(rest)) return rest;
  }
  return undefined;
}

function partsOf({ script, deviations }: Schedule): readonly Part[] {
  return [
    ...[...deviations].map(([key, deviation]): Part => ({ kind: 'deviation', key, deviation })),
    ...script.events.map((event): Part => ({ kind: 'event', event })),
  ];
}

function assembled({ seed, script }: Schedule, parts: readonly Part[]): Schedule {
  return {
    seed,
    script: { ...script, events: parts.flatMap((part) => (part.kind === 'event' ? [part.event] : [])) },
    deviations: new Map(
      parts.flatMap((part) => (part.kind === 'deviation' ? [[part.key, part.deviation]] : [])),
    ),
  };
}
