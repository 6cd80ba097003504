import type { Place } from './event-log.js';

/**
 * How far readers of the log have come that decide nothing: what such a one has missed is no loss of Faultline's, so
 * it is neither told as lost input nor a reason to refuse.
 */
export interface Positions {
  /** Next offset of this group; undefined: it never read here, or it read another log. */
  positionOf(group: string, place: Place & { readonly logId: string }): Promise<bigint | undefined>;
  /** All before `nextOffset` is done with. Never goes back within one log. */
  keep(group: string, place: Place & { readonly logId: string; readonly nextOffset: bigint }): Promise<void>;
}
