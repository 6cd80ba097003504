import type { ProcessContext, Recipe } from '../../domain/node-state.js';
import type { TimerName } from '../events.js';

interface Scope {
  readonly context: ProcessContext;
}

/** Recipe entries that are durations. */
type Duration = { [Key in keyof Recipe]: Recipe[Key] extends number ? Key : never }[keyof Recipe] &
  `${string}Ms`;

/** Sets a timer of this stage by what the recipe says. */
export function startTimer<Name extends TimerName>(name: Name, duration: Duration) {
  return {
    type: 'startTimer' as const,
    params: ({ context }: Scope) => ({ name, afterMs: context.recipe[duration] }),
  };
}

/**
 * What a deadline means. Silence proves nothing: when nobody has looked for a while (the log was away, or the executor),
 * it begins anew; only what was looked at in time and is still so is overdue.
 */
export function deadline<Name extends TimerName, Overdue>(
  name: Name,
  { duration, every, overdue }: { duration: Duration; every: Duration; overdue: Overdue | Overdue[] },
) {
  return [
    {
      guard: {
        type: 'unseen' as const,
        params: ({ context }: Scope) => ({ everyMs: context.recipe[every] }),
      },
      actions: startTimer(name, duration),
    },
    ...(Array.isArray(overdue) ? overdue : [overdue]),
  ];
}

/** The present was seen, as it is seen so often. */
export function noteLook(every: Duration) {
  return {
    type: 'noteLook' as const,
    params: ({ context }: Scope) => ({ everyMs: context.recipe[every] }),
  };
}

/** Hands the question to a person; the effect's own reason is added where there is one. */
export function askPerson(reason: string) {
  return {
    target: 'waitingForPerson',
    actions: { type: 'noteWaiting' as const, params: { reason } },
  };
}

/** Looks whether the pods that were asked to move still exist. */
export const lookAtWorkload = {
  type: 'observeWorkload' as const,
  params: ({ context }: Scope) => ({ pods: context.pods.map((pod) => pod.uid) }),
};

/** Looks at the node. */
export const lookAtNode = { type: 'observeNode' as const, params: {} };
