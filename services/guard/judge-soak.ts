import type { ChangeBook, SoakingChange } from '../../adapters/ports/change-book.js';
import type { FleetMember } from '../../adapters/ports/journal.js';

/** What the inventory says of a node whose change soaks. */
export interface WatchedNode {
  /** Undefined: the cluster has no such node. */
  readonly member: FleetMember | undefined;
  /** When its cluster was last observed, ms. Undefined: never. */
  readonly observedAt: number | undefined;
}

type EndOfSoak = Parameters<ChangeBook['endSoak']>[1];

/**
 * What becomes of a change whose node is watched. A fault that began since its client was done is told at once; whether the node is
 * in service counts at the end only, when the fleet has been observed since: its client may have made it so just before.
 *
 * @returns undefined: its node is watched on
 */
export function judgeSoak(
  { change, soak, faultSince }: SoakingChange,
  { member, observedAt }: WatchedNode,
  now: number,
): EndOfSoak | undefined {
  const regressed = (message: string): EndOfSoak => ({ how: 'regressed', by: 'faultline', message, at: now });
  if (faultSince !== undefined)
    return regressed(`its node has ${faultSince.faultType} since (process ${faultSince.processId})`);
  if (now < soak.until || observedAt === undefined || observedAt < soak.until) return undefined;
  const shouldBeThere = change.operation !== 'delete-node';
  if (shouldBeThere && member === undefined) return regressed('its node is gone');
  if (member?.unavailable === true) return regressed('its node is not in service');
  return { ...soak.said, how: 'succeeded', at: now };
}
