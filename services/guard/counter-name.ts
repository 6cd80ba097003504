import type { Budget } from './policy.js';

/** What a counter counts, by its name. */
export interface NamedCounter {
  /** Undefined: the policy has none of this name. */
  readonly budget: Budget | undefined;
  readonly kind: string;
  /** What is counted together: a cluster, or `CLUSTER/VALUE`. */
  readonly value: string;
  /** Of a rate, ms. Undefined: it is none, or the policy has no such rate. */
  readonly windowEndsAt?: number;
}

/** As budgets name their counters: `NAME/in-flight/VALUE`, `NAME/healthy/VALUE`, and `NAME/rate/VALUE/START` of each window. */
export function namedCounter(counter: string, budgets: readonly Budget[]): NamedCounter {
  const [name, kind = '', ...rest] = counter.split('/');
  const budget = budgets.find((one) => one.name === name);
  const start = kind === 'rate' ? Date.parse(rest.pop() ?? '') : undefined;
  const windowMs = budget?.rate?.windowMs;
  return {
    ...{ budget, kind, value: rest.join('/') },
    ...(start === undefined || windowMs === undefined ? {} : { windowEndsAt: start + windowMs }),
  };
}
