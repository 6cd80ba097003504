import { faultTypes, type Fault, type FaultType } from '../../../domain/fault.js';
import type { BootId } from '../../../domain/identifiers.js';
import type { NodeState, RememberedFault } from '../../../domain/node-state.js';
import { isSeenOnNode } from './faults.js';

/** A node that was away for longer is one that somebody took away: whoever has something to tell of it tells it anew. */
const rememberedMs = 7 * 24 * 3600 * 1000;

/** Those who had nothing but their word: what stands on the Node object is seen anew with the next one. */
function tellersOf(fault: Fault): readonly string[] {
  const { sources, otherwise = [] } = fault;
  return sources.filter((source) => otherwise.includes(source) === isSeenOnNode(fault));
}

/** The boot of which a fault was told by word alone; undefined: it was not, or that boot is over or unknown. */
function toldBoot({ pastBootIds }: NodeState, fault: Fault): BootId | undefined {
  const bootId = fault.outlived ?? fault.bootId;
  if (bootId === undefined || pastBootIds.includes(bootId)) return undefined;
  return tellersOf(fault).length === 0 ? undefined : bootId;
}

/** Whether the machine runs, by what is known, on the very boot of which this fault was told by word alone. */
export function isToldOfPresent(state: NodeState, fault: Fault): boolean {
  return state.deleted !== true && state.bootId !== undefined && state.bootId === toldBoot(state, fault);
}

/**
 * The state of a node that is gone, where this fault is over with it: that a Node object is deleted changes nothing about the
 * machine, and whoever told of it once on this boot does not tell it again. At most one of each type.
 */
export function withRemembered(state: NodeState, fault: Fault, at: number): NodeState {
  const bootId = toldBoot(state, fault);
  if (bootId === undefined) return state;
  const { id, type, openedAt, openedBy, sequence, late } = fault;
  const kept: RememberedFault['fault'] = {
    id,
    type,
    openedAt,
    openedBy,
    sources: tellersOf(fault),
    bootId,
    ...(sequence === undefined ? {} : { sequence }),
    ...(late === undefined ? {} : { late }),
  };
  return { ...state, remembered: { ...state.remembered, [type]: { fault: kept, goneAt: at } } };
}

/** The state that has forgotten it. */
export function withoutRemembered(state: NodeState, type: FaultType): NodeState {
  const { remembered, ...others } = state;
  const { [type]: _forgotten, ...left } = remembered ?? {};
  return Object.keys(left).length === 0 ? others : { ...others, remembered: left };
}

/** What is remembered, in the order of fault types. */
export function remembered(state: NodeState): readonly RememberedFault[] {
  return faultTypes.flatMap((type) => state.remembered?.[type] ?? []);
}

/** What is remembered of a boot that is over, or of a node that was away for long, is forgotten when one appears. */
export function withoutOutdated(state: NodeState, at: number): NodeState {
  return remembered(state)
    .filter(({ fault, goneAt }) => state.pastBootIds.includes(fault.bootId) || at - goneAt > rememberedMs)
    .reduce((left, { fault }) => withoutRemembered(left, fault.type), state);
}
