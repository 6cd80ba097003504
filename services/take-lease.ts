import type { LeasesOfClusters, RefusedLease, TakenLease } from '../adapters/ports/node-lease.js';
import { namesOf, type NodeKey } from '../domain/identifiers.js';

/** Takes the lease of a node, or keeps it. Undefined: there is none to heed. */
export async function takeLease(
  leases: LeasesOfClusters | undefined,
  key: NodeKey,
): Promise<RefusedLease | TakenLease | undefined> {
  const { cluster, node } = namesOf(key);
  return leases?.get(cluster)?.take(node);
}

export function isRefused(answer: RefusedLease | TakenLease | undefined): answer is RefusedLease {
  return answer?.kind === 'foreign' || answer?.kind === 'unknown';
}

/** If nobody has kept it since. */
export async function giveUpLease(
  leases: LeasesOfClusters | undefined,
  key: NodeKey,
  { version }: TakenLease,
): Promise<void> {
  const { cluster, node } = namesOf(key);
  await leases?.get(cluster)?.release(node, version);
}
