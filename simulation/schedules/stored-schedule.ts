import type { Deviation } from '../scheduler/deviations.js';
import type { Script } from './script.js';
import type { Schedule } from './shrink.js';

/** A schedule as JSON, to be played again as it is. */
interface StoredSchedule {
  readonly seed: number;
  readonly script: Script;
  readonly deviations: Readonly<Record<string, Deviation>>;
}

/** The text is no schedule. */
export class NoSchedule extends Error {
  override readonly name = 'NoSchedule';
}

/** One event and one deviation a line: a person takes out what he does not believe to be needed. */
export function writtenSchedule({ seed, script, deviations }: Schedule): string {
  const { events, ...rest } = script;
  const line = (value: unknown): string => JSON.stringify(value);
  const list = (lines: readonly string[]): string => lines.map((one) => `\n    ${one}`).join(',');
  return [
    `{ "seed": ${seed},`,
    `  "script": { ${line(rest).slice(1, -1)},\n   "events": [${list(events.map(line))}\n   ] },`,
    `  "deviations": {${list([...deviations].map(([key, deviation]) => `${line(key)}: ${line(deviation)}`))}\n  } }\n`,
  ].join('\n');
}

/** Throws NoSchedule. */
export function readSchedule(text: string): Schedule {
  const stored = parsed(text);
  if (!isStored(stored)) throw new NoSchedule('it has no seed, script and deviations');
  const { seed, script, deviations } = stored;
  return { seed, script, deviations: new Map(Object.entries(deviations)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoSchedule(error instanceof Error ? error.message : String(error));
  }
}

/** Whether it has the form of what `writtenSchedule` writes; what an event means, its player says. */
function isStored(value: unknown): value is StoredSchedule {
  if (!isObject(value) || !Number.isSafeInteger(value['seed'])) return false;
  const { script, deviations } = value;
  if (!isObject(script) || !isObject(deviations)) return false;
  const { nodes, events, choices, skews, calmAt } = script;
  const isEvent = (event: unknown): boolean =>
    isObject(event) && typeof event['at'] === 'number' && typeof event['what'] === 'string';
  return (
    Array.isArray(nodes) &&
    Array.isArray(events) &&
    events.every(isEvent) &&
    isObject(choices) &&
    isObject(skews) &&
    typeof calmAt === 'number' &&
    Object.values(deviations).every(isObject)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
