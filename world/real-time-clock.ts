import type { WorldClock } from './clock.js';

const longestTimeoutMs = 2 ** 31 - 1;

/** Wall time. Its timers do not keep the process alive. */
export function realTimeClock(): WorldClock {
  return {
    now: () => Date.now(),
    schedule(atMs, callback) {
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        // Node fires a longer timeout at once, so a far instant is reached in several steps.
        const wait = Math.min(Math.max(0, atMs - Date.now()), longestTimeoutMs);
        timer = setTimeout(() => {
          if (Date.now() < atMs) arm();
          else callback();
        }, wait);
        timer.unref();
      };
      arm();
      return {
        cancel: () => {
          clearTimeout(timer);
        },
      };
    },
  };
}
