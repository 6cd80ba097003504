import type { Clock } from '../../adapters/ports/clock.js';
import type { Agenda } from './agenda.js';

/**
 * Virtual time as one part sees it: its clock may be ahead or behind. A wait of a part that has died never ends.
 * @param skewMs added to the true time
 */
export function partClock(agenda: Agenda, isAlive: () => boolean, skewMs = 0): Clock {
  const now = (): number => agenda.now + skewMs;
  return {
    now,
    fromLogTime: (wallMs) => wallMs,
    waitUntil: (instant, signal) => {
      if (instant <= now() || signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = (): void => {
          cancel();
          signal?.removeEventListener('abort', finish);
          if (isAlive()) resolve();
        };
        const cancel = agenda.schedule(instant - skewMs, finish);
        signal?.addEventListener('abort', finish, { once: true });
      });
    },
  };
}
