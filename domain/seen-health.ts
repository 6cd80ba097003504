import { sameJson } from './json.js';

export const seenHealths = ['healthy', 'unhealthy', 'unknown'] as const;

/** How a node was when somebody looked at it. */
export interface SeenHealth {
  readonly health: (typeof seenHealths)[number];
  /** What was not well: `Unavailable` (not Ready, cordoned or isolated), `Parked`, and types of open faults. */
  readonly conditions: readonly string[];
  /** ms */
  readonly at: number;
}

/** Whether both looks saw the same, whenever they did. */
export function sawTheSame({ at: _, ...seen }: SeenHealth, { at: __, ...other }: SeenHealth): boolean {
  return sameJson(seen, other);
}
