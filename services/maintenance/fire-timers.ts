import type { Timers } from '../../adapters/ports/journal.js';
import { awaitFirst, superviseLoop, type Supervision } from '../supervision.js';

const timersATurn = 500;

/** Turns due timers into signals, for ever. Any number of copies may run: a timer fires once. */
export function fireTimers(timers: Timers, supervision: Supervision): Promise<void> {
  const { clock } = supervision;
  return superviseLoop('timers', supervision, async () => {
    const waits = [(until: AbortSignal) => timers.awaitChange(until)];
    const due = await timers.nextDue();
    // Asked first: most turns come from timers that were set and are not due for long.
    if (due !== undefined && due <= clock.now() && (await timers.fireDue(clock.now(), timersATurn)) > 0)
      return;
    if (due !== undefined) waits.push((until) => clock.waitUntil(due, until));
    await awaitFirst(waits, supervision);
  });
}
