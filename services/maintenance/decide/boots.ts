import type { BootId } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';

/** Boots that are over, of each node. */
export const pastBootsKept = 8;

/** Neither the present boot nor one that is known to be over. */
export function isNewBoot({ bootId, pastBootIds }: NodeState, told: BootId): boolean {
  return told !== bootId && !pastBootIds.includes(told);
}

/** A boot id never comes back: what tells of a boot that is over was seen before the present one. */
export function withBoot(state: NodeState, bootId: BootId | undefined): NodeState {
  if (bootId === undefined || !isNewBoot(state, bootId)) return state;
  const past = state.bootId === undefined ? [] : [state.bootId];
  return {
    ...state,
    bootId,
    pastBootIds: [...state.pastBootIds, ...past].slice(-pastBootsKept),
  };
}
