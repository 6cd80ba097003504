import type { Timers } from '../../adapters/ports/journal.js';
import { awaitFirst, superviseLoop, type Supervision } from '../supervision.js';

const timersATurn = 500;

/** Turns due timers into signals, for ever. Any number of copies may run: a timer fires once. */
export function fireTimers(timers: Timers, supervision: Supervision): Promise<void> {
  const { clock } = supervision;
  return superviseLoop('timers', supervision, async () => {
    const [now, first] = [clock.now(), await timers.nextDue(0)];
    const isDue = first !== undefined && first <= now;
    if (isDue && (await timers.fireDue(now, timersATurn)) > 0) return;
    // What is due and could not be fired is just changed or fired elsewhere: whatever comes after it is slept for.
    const due = isDue ? await timers.nextDue(now) : first;
    const waits = [(until: AbortSignal) => timers.awaitChange(until)];
    if (due !== undefined) waits.push((until) => clock.waitUntil(due, until));
    await awaitFirst(waits, supervision);
  });
}
