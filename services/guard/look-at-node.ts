import type { Clock } from '../../adapters/ports/clock.js';
import type { FleetInventory, FleetMember, History } from '../../adapters/ports/journal.js';
import { namesOf, type NodeKey } from '../../domain/identifiers.js';
import type { Parked } from '../../domain/node-state.js';
import type { SeenHealth } from '../../domain/seen-health.js';
import { isFresh } from './answer.js';
import { FleetPictures } from './fleet-pictures.js';
import type { GuardPolicy } from './policy.js';

/** What is known of one node. */
interface Known {
  /** Undefined: it is in no inventory. */
  readonly member: FleetMember | undefined;
  readonly isFresh: boolean;
  /** Undefined: nothing was ever reported of it. */
  readonly state:
    | { readonly faults: { readonly [type: string]: unknown }; readonly parked?: Pick<Parked, 'kind'> }
    | undefined;
}

/**
 * Looks how a node is, whoever asks: whether it is in service by the inventory that the detector keeps, and which faults are open
 * by the journal.
 */
export function createNodeLook(options: {
  readonly inventory: Pick<FleetInventory, 'member' | 'picture'>;
  readonly history: Pick<History, 'state'>;
  /** That which holds now. */
  readonly policy: () => Pick<GuardPolicy, 'inventoryMaximumAgeMs'>;
  readonly clock: Pick<Clock, 'now'>;
}): (node: NodeKey) => Promise<SeenHealth> {
  const { inventory, history, policy, clock } = options;
  const pictures = new FleetPictures(inventory);
  return async (node) => {
    const [picture, member, state] = await Promise.all([
      pictures.of(namesOf(node).cluster, () => clock.now()),
      inventory.member(node),
      history.state(node),
    ]);
    const at = clock.now();
    return { ...healthIn({ member, isFresh: isFresh(picture, policy(), at), state }), at };
  };
}

/** Pure. What is known to be wrong counts also where the rest is not known; well is only what is known to be. */
export function healthIn({ member, isFresh: isRecent, state }: Known): Omit<SeenHealth, 'at'> {
  const conditions = [
    ...(isRecent && member?.unavailable === true ? ['Unavailable'] : []),
    ...(state?.parked?.kind === 'failed' ? ['Parked'] : []),
    ...Object.keys(state?.faults ?? {}),
  ];
  if (conditions.length > 0) return { health: 'unhealthy', conditions };
  return { health: isRecent && member !== undefined ? 'healthy' : 'unknown', conditions };
}
