import type { Operation } from '../../domain/command.js';
import type { Where } from '../../domain/where.js';
import type { MetricsPolicy } from './metrics/hold-by-metrics.js';
import type { QuietHours } from './quiet-hours.js';

/** What faults may have in common: the nodes of a cluster, of one of its pools or zones, or with one value of a label… */
export type CommonScope =
  | { readonly kind: 'cluster' | 'pool' | 'zone' | 'faultType' | 'reporter' }
  | { readonly kind: 'label'; readonly label: string };

/** What is counted together. */
export type Scope = CommonScope | { readonly kind: 'node' | 'owner' };

/** A part of the nodes (0 to 1) or a number of them. */
export type Amount = { readonly share: number } | { readonly count: number };

/** One limit. All that a request is about must have room. */
export interface Budget {
  /** Unique, without a slash; stands in the name of its counters. */
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly scope: Scope;
  readonly where: Where;
  /** At most so many at once. A share is at least one node, unless it is 0. */
  readonly atOnce?: { readonly share?: number; readonly count?: number };
  /** At most so many begun in one window; windows are aligned to the epoch. */
  readonly rate?: { readonly count: number; readonly windowMs: number };
  /** No node is taken out that would leave fewer available. */
  readonly minimumHealthy?: Amount;
  readonly quietHours: readonly QuietHours[];
}

/** What `faultline.yaml` says about the change guard, compiled and complete. */
export interface GuardPolicy {
  /** An inventory that is older gives no permit. */
  readonly inventoryMaximumAgeMs: number;
  /** What is refused is asked again on a grid of this width at the latest, so that all who wait ask together. */
  readonly askAgainMs: number;
  readonly budgets: readonly Budget[];
  readonly business: MetricsPolicy;
}

/** Of one operation in each cluster. */
export interface OperationLimits {
  readonly share: number;
  readonly rate: number;
  readonly rateWindowMs: number;
}

/** The budgets that bear the names of their operations: one of each, by cluster. */
export function budgetsPerCluster(limits: Readonly<Record<Operation, OperationLimits>>): readonly Budget[] {
  return Object.entries(limits).map(([name, { share, rate, rateWindowMs }]) => ({
    name,
    operations: [name as Operation],
    scope: { kind: 'cluster' },
    where: {},
    atOnce: { share },
    rate: { count: rate, windowMs: rateWindowMs },
    quietHours: [],
  }));
}
