import type { TimerRequest } from '../../domain/decision.js';
import { compareBytes } from './pages.js';

/** Which of two timers fires first: the earlier one; of two for one instant it is the same one in every journal. */
export function firingOrder(one: TimerRequest, other: TimerRequest): number {
  return (
    one.dueAt - other.dueAt ||
    compareBytes(one.processId, other.processId) ||
    compareBytes(one.name, other.name)
  );
}
