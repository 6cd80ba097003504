import type { Failure } from './try-seeds.js';

const mostLines = 40;

/** A failure as people read it: what no longer held, the shrunk schedule, and how to repeat it. @param file where that schedule stands whole */
export function describeFailure({ seed, violation, shrunk }: Failure, file?: string): string {
  const schedule =
    shrunk === undefined
      ? []
      : [
          ...shrunk.script.events.map((event) => `  ${JSON.stringify(event)}`),
          ...[...shrunk.deviations].map(([key, deviation]) => `  ${key}: ${JSON.stringify(deviation)}`),
        ];
  const left = schedule.length - mostLines;
  return [
    `seed ${seed}, after ${violation.at} ms of virtual time: ${violation.invariant}`,
    `  but ${violation.message}`,
    ...(schedule.length === 0 ? [] : ['it takes no more than this:', ...schedule.slice(0, mostLines)]),
    ...(left > 0 ? [`  and ${left} more: a higher --shrink tries longer to leave some out`] : []),
    ...(file === undefined ? [] : [`repeat this: npm run simulate -- --schedule ${file} --trace`]),
    `repeat all of it: npm run simulate -- --seed ${seed} --schedules 1 --trace`,
  ].join('\n');
}
