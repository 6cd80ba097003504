import type { NodeName } from '../../domain/identifiers.js';

/** Somebody else works on the node until then (ms), if he does not prolong it. */
interface ForeignLease {
  readonly kind: 'foreign';
  readonly holder: string;
  readonly until: number;
}

/** Nobody knows whose it is: the API server did not say. */
interface UnknownLease {
  readonly kind: 'unknown';
  readonly reason: string;
}

/** A lease that can't be had now. */
export type RefusedLease = ForeignLease | UnknownLease;

export type TakenLease = {
  /** `kept`: it was ours before, and lasts anew. */
  readonly kind: 'taken' | 'kept';
  /** Changes whenever it is taken or kept. */
  readonly version: string;
};

export interface HeldLease {
  readonly node: NodeName;
  readonly version: string;
  /** ms */
  readonly renewedAt: number;
}

/**
 * One lease for each node of a cluster, by which systems that work on nodes keep out of each other's way. All copies of one installation are one
 * holder. What did not get through is not known, and has to be taken for a no.
 */
export interface NodeLeases {
  /** Whether another holder has it; one that ran out is free. */
  look(node: NodeName): Promise<RefusedLease | { readonly kind: 'free' }>;
  /** Takes or prolongs it. */
  take(node: NodeName): Promise<RefusedLease | TakenLease>;
  /** Gives it up if it is as it was at `version`. False: somebody has taken or kept it since, or nobody knows. */
  release(node: NodeName, version: string): Promise<boolean>;
  /** Those that we hold; undefined: nobody knows. */
  held(): Promise<readonly HeldLease[] | undefined>;
}

/** By cluster. Whoever is not there has none to heed. */
export type LeasesOfClusters = ReadonlyMap<string, NodeLeases>;

/** What somebody waits for who did not get it. */
export function leaseWait(refused: RefusedLease): string {
  return refused.kind === 'foreign' ? `HeldByLease: ${refused.holder}` : `LeaseNotKnown: ${refused.reason}`;
}
