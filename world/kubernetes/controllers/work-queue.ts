import { ApiRefusal } from '../status.js';

/**
 * What controllers have to look at again. Everything noticed within one write is done right after it, each key once, before
 * the next request is read; so clients see settled states without anybody waiting for a clock.
 */
export class WorkQueue {
  readonly #work = new Map<string, () => void>();
  #awake = false;
  #stopped = false;

  /** Does the work soon, never from within this call. A key that waits already is not queued twice. */
  add(key: string, work: () => void): void {
    this.#work.set(key, work);
    if (this.#awake || this.#stopped) return;
    this.#awake = true;
    queueMicrotask(() => {
      this.#drain();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#work.clear();
  }

  #drain(): void {
    try {
      for (const [key, work] of this.#work) {
        this.#work.delete(key);
        attempt(work);
      }
    } finally {
      this.#awake = false;
    }
  }
}

/** A template or a namespace that the API refuses is the client's mistake: the other work goes on. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
  }
}
