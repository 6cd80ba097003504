import type { Clock } from '../../../adapters/ports/clock.js';

/** Characters that are given to a connection at once: that is all that waits for a slow one. */
export const writeCharacters = 65_536;

/** The way to one subscriber. */
export interface EventSink {
  /** Undefined: there is room for more at once. Else it resolves when there is, or when the signal aborts. */
  write(bytes: string | Buffer): Promise<void> | undefined;
  /** Aborts when the subscriber is gone. */
  readonly signal: AbortSignal;
}

/** A connection that takes nothing more, and would have to be waited for. */
export interface CuttableSink extends EventSink {
  cut(): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  /** Who takes nothing of what is given for so long is cut off: others may wait for what is read for it. */
  readonly stallMs: number;
}

/** A connection of which is known when something went out, and that is not waited for endlessly. */
export class SubscriberConnection implements EventSink {
  readonly #sink: CuttableSink;
  readonly #options: ConnectionOptions;
  #heardAt = 0;
  #waiting = 0;
  #hasStalled = false;

  constructor(sink: CuttableSink, options: ConnectionOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#sink.signal;
  }

  /** ms, when it was last given something. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** It was cut off because it took nothing. */
  get hasStalled(): boolean {
    return this.#hasStalled;
  }

  write(bytes: string | Buffer): Promise<void> | undefined {
    this.#heardAt = this.#options.clock.now();
    const room = this.#sink.write(bytes);
    return room === undefined ? undefined : this.#waitFor(room);
  }

  /** While something is done for which nothing may be said for long, says something that means nothing after each such silence (ms). */
  async inTouch<Result>(silenceMs: number, work: () => Promise<Result>): Promise<Result> {
    const done = new AbortController();
    void this.#keepOpen(silenceMs, done.signal);
    try {
      return await work();
    } finally {
      done.abort();
    }
  }

  async #keepOpen(silenceMs: number, over: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.waitUntil(clock.now() + silenceMs, over);
      if (over.aborted || this.signal.aborted) return;
      const isSilent = this.#heardAt + silenceMs <= clock.now();
      if (isSilent && this.#waiting === 0) void this.write(':\n\n');
    }
  }

  async #waitFor(room: Promise<void>): Promise<void> {
    const over = new AbortController();
    this.#waiting += 1;
    void this.#cutAfter(this.#options.stallMs, over.signal);
    await room;
    this.#waiting -= 1;
    over.abort();
  }

  async #cutAfter(stallMs: number, over: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await clock.waitUntil(clock.now() + stallMs, over);
    if (over.aborted || this.signal.aborted) return;
    this.#hasStalled = true;
    this.#sink.cut();
  }
}
