import { setTimeout as sleep } from 'node:timers/promises';

import type { Clock } from '../../../adapters/ports/clock.js';

/** Real time, a hundred times as fast: what takes a minute takes half a second. */
export class FastClock implements Clock {
  static readonly times = 100;
  readonly #startedAt = performance.now();

  now(): number {
    return 1_800_000_000_000 + Math.floor((performance.now() - this.#startedAt) * FastClock.times);
  }

  async waitUntil(instant: number, signal?: AbortSignal): Promise<void> {
    const ms = Math.max(0, instant - this.now()) / FastClock.times;
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }

  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}
