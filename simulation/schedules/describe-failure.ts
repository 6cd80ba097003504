import type { Failure } from './try-seeds.js';

const mostLines = 40;

/** A failure as people read it: what no longer held, the shrunk schedule, and how to repeat it. */
export function describeFailure({ seed, violation, shrunk }: Failure): string {
  const schedule =
    shrunk === undefined
      ? []
      : [
          ...shrunk.script.events.map((event) => `  ${JSON.stringify(event)}`),
          ...[...shrunk.deviations].map(([key, deviation]) => `  ${key}: ${JSON.stringify(deviation)}`),
        ];
  return [
    `seed ${seed}, after ${violation.at} ms of virtual time: ${violation.invariant}`,
    `  but ${violation.message}`,
    ...(schedule.length === 0 ? [] : ['it takes no more than this:', ...schedule.slice(0, mostLines)]),
    ...(schedule.length > mostLines
      ? [`  and ${schedule.length - mostLines} more: shrink it further by --shrink`]
      : []),
    `repeat it: npm run simulate -- --seed ${seed} --schedules 1 --trace`,
  ].join('\n');
}
