import type { Clock } from '../ports/clock.js';

/** Tells whether anything is unread, unsent, claimable or under way: then time may not jump. */
export type QuietProbe = () => Promise<boolean>;

export interface JumpingClockOptions {
  /** First instant, ms. */
  readonly start: number;
  /** Most milliseconds of this clock in one millisecond of the wall. Infinity: as fast as the work is done. */
  readonly speed: number;
  /** Whose times the log's records carry: this clock's (if not given), or the wall's, as a Kafka broker's are. */
  readonly logTime?: 'clock' | 'wall';
}

/** A jump, as the wall saw it. */
interface Jump {
  readonly wallMs: number;
  readonly instant: number;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A place in time that can be given up. */
export interface Appointment {
  cancel(): void;
}

/** Real time until the next look when there is work. */
const lookEveryMs = 1;

/** A clock that walks takes a step so often. */
const stepEveryMs = 100;

/** Whoever was woken by a jump begins to work, and shows it, before anybody is asked whether all is quiet. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * One clock for log, timers and simulated world. It stands still while there is work, and jumps to the next due thing
 * when there is none: the order of events does not depend on how fast the machine is.
 */
export class JumpingClock implements Clock {
  private readonly due: Due[] = [];
  private readonly jumps: Jump[] = [];
  private present: number;
  private order = 0;
  private readonly options: JumpingClockOptions;
  private readonly wallStart = performance.now();

  constructor(options: JumpingClockOptions) {
    this.options = options;
    this.present = options.start;
  }

  now(): number {
    return this.present;
  }

  /** What was appended between two jumps was appended at the instant at which this clock stood still meanwhile. */
  fromLogTime(wallMs: number): number {
    if (this.options.logTime !== 'wall') return wallMs;
    return this.jumps.findLast((jump) => jump.wallMs <= wallMs)?.instant ?? this.options.start;
  }

  /** Runs `callback` when the clock has reached `at`; of two for one instant, the one scheduled first runs first. */
  schedule(at: number, callback: () => void): Appointment {
    // Whole milliseconds, like every other clock: the journal stores them so.
    const entry: Due = { at: Math.ceil(at), order: this.order, run: callback };
    this.order += 1;
    this.due.splice(this.placeOf(entry), 0, entry);
    return {
      cancel: () => {
        const place = this.due.indexOf(entry);
        if (place >= 0) this.due.splice(place, 1);
      },
    };
  }

  waitUntil(instant: number, signal?: AbortSignal, after?: 'trouble'): Promise<void> {
    if (instant <= this.present || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        appointment.cancel();
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const appointment = this.schedule(instant, finish);
      const timer = after === 'trouble' ? setTimeout(finish, instant - this.present) : undefined;
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /**
   * Moves time for as long as `signal` lets it: each time that all is quiet, to the next due thing, but never faster
   * than the configured speed. Resolves at abort, or when nothing is due up to `end`.
   */
  async run(isQuiet: QuietProbe, end: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await eventLoopTurn();
      if (!(await isQuiet())) {
        await pause(lookEveryMs);
        continue;
      }
      const next = this.due[0];
      if (next === undefined || next.at > end) return;
      await this.keepToSpeed(next.at, signal);
      this.jumpTo(next.at);
    }
  }

  /** Goes on as a clock on the wall does, whatever is under way, until abort. */
  async walk(signal: AbortSignal): Promise<void> {
    let wall = performance.now();
    while (!signal.aborted) {
      await pause(stepEveryMs);
      const passed = Math.floor(performance.now() - wall);
      wall += passed;
      this.jumpTo(this.present + passed);
    }
  }

  private async keepToSpeed(instant: number, signal: AbortSignal): Promise<void> {
    const earliest = (instant - this.options.start) / this.options.speed;
    while (performance.now() - this.wallStart < earliest && !signal.aborted) {
      await pause(Math.min(50, Math.max(1, earliest - (performance.now() - this.wallStart))));
    }
  }

  private jumpTo(instant: number): void {
    this.present = Math.max(this.present, instant);
    if (this.options.logTime === 'wall') this.jumps.push({ wallMs: Date.now(), instant: this.present });
    while (this.due[0] !== undefined && this.due[0].at <= this.present) this.due.shift()?.run();
  }

  private placeOf(entry: Due): number {
    let low = 0;
    let high = this.due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.due[middle];
      if (
        other !== undefined &&
        (other.at < entry.at || (other.at === entry.at && other.order < entry.order))
      )
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
