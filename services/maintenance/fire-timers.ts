import type { Timers } from '../../adapters/ports/journal.js';
import { awaitFirst, superviseLoop, type Supervision } from '../supervision.js';

const timersATurn = 500;

/** Turns due timers into signals, for ever. Any number of copies may run: a timer fires once. */
export function fireTimers(timers: Timers, supervision: Supervision): Promise<void> {
  const { clock } = supervision;
  return superviseLoop('timers', supervision, async () => {
    const [now, due] = [clock.now(), await timers.nextDue()];
    if (due !== undefined && due <= now && (await timers.fireDue(now, timersATurn)) > 0) return;
    const waits = [(until: AbortSignal) => timers.awaitChange(until)];
    // What is due and could not be fired is just changed or fired elsewhere, and that will be told.
    if (due !== undefined && due > now) waits.push((until) => clock.waitUntil(due, until));
    await awaitFirst(waits, supervision);
  });
}
