import type { Operation } from '../../domain/command.js';

/** Limits of one risky operation in one cluster. */
export interface OperationLimits {
  /** At most this part of the cluster's nodes at once, 0 to 1; always at least one node. */
  readonly share: number;
  /** At most so many begun in one window; windows are aligned to the epoch. */
  readonly rate: number;
  readonly rateWindowMs: number;
}

/** What `faultline.yaml` says about the change guard, compiled and complete. */
export interface GuardPolicy {
  /** An inventory that is older gives no permit. */
  readonly inventoryMaximumAgeMs: number;
  /** What is refused is asked again on a grid of this width, so that the oldest asks first. */
  readonly askAgainMs: number;
  readonly operations: Readonly<Record<Operation, OperationLimits>>;
  readonly byCluster: Readonly<Record<string, { readonly [Name in Operation]?: OperationLimits }>>;
}

/** Careful values for a cluster that nobody has set limits for. */
export const defaultGuardPolicy: GuardPolicy = {
  inventoryMaximumAgeMs: 15 * 60_000,
  askAgainMs: 15_000,
  operations: {
    isolate: { share: 0.1, rate: 60, rateWindowMs: 60_000 },
    migrate: { share: 0.1, rate: 60, rateWindowMs: 60_000 },
    'delete-pods': { share: 0.05, rate: 20, rateWindowMs: 60_000 },
    'restart-component': { share: 0.05, rate: 20, rateWindowMs: 60_000 },
    power: { share: 0.05, rate: 20, rateWindowMs: 60_000 },
    reimage: { share: 0.05, rate: 20, rateWindowMs: 60_000 },
  },
  byCluster: {},
};

/** The limits that hold for an operation in a cluster. */
export function limitsOf(policy: GuardPolicy, cluster: string, operation: Operation): OperationLimits {
  return policy.byCluster[cluster]?.[operation] ?? policy.operations[operation];
}
