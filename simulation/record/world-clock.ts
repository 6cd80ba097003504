import type { WorldClock } from '../../world/clock.js';
import type { Agenda } from '../scheduler/agenda.js';

/** Virtual time for the machines of `world/`. */
export function worldClock(agenda: Agenda): WorldClock {
  return {
    now: () => agenda.now,
    schedule: (atMs, callback) => ({ cancel: agenda.schedule(atMs, callback) }),
  };
}
