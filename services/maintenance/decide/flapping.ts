import type { Fault, FaultType } from '../../../domain/fault.js';
import type { NodeState } from '../../../domain/node-state.js';

/** So many times has a fault to be cleared within this time, until it flaps. */
const clearsToFlap = 3;
const withinMs = 3_600_000;

/** The state that remembers that a report cleared this fault, wholly or for its source. */
export function withClear(state: NodeState, type: FaultType, at: number): NodeState {
  const clears = [...(state.clears?.[type] ?? []), at].slice(-clearsToFlap);
  return { ...state, clears: { ...state.clears, [type]: clears } };
}

/** The fault as it is when it fires again: one that was cleared too often of late flaps, until it is over otherwise. */
export function markedIfFlapping(state: NodeState, fault: Fault, at: number): Fault {
  const recent = (state.clears?.[fault.type] ?? []).filter((cleared) => cleared > at - withinMs);
  return recent.length < clearsToFlap ? fault : { ...fault, flapping: true };
}

/**
 * Whether a fault is over when its reporter says so. One that flaps is over when its node was seen to be well: its process
 * goes on until then, and where it was withheld it is looked at when the mode becomes active. Where nobody looks any
 * more, because it is in a person's hands, its reporter is believed.
 */
export function isClearedByReport({ process }: NodeState, fault: Fault): boolean {
  return fault.flapping !== true || (process === undefined && fault.left !== 'withheld');
}
