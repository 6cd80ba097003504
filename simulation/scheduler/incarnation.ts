import { setMaxListeners } from 'node:events';

import type { Agenda } from './agenda.js';
import type { Deviations } from './deviations.js';
import { seeded, type Seeded } from './seeded.js';
import type { Trace } from './trace.js';

/** One way in which a call can go wrong. */
export interface Trouble<Value> {
  readonly name: string;
  /** Whether the other side does what it was asked, before it goes wrong. */
  readonly acts: boolean;
  /** What the caller gets; may throw. */
  answer(): Value;
}

/** What all parts of one run share. */
export interface Surroundings {
  readonly seed: number;
  readonly agenda: Agenda;
  readonly deviations: Deviations;
  readonly trace: Trace;
  /** Calls by part and verb. */
  readonly calls: Map<string, Counted>;
  /** Of every life that ever began, until the run is over. */
  readonly lives: Set<AbortController>;
  /** Calls are answered at once and well, in the step of whoever asks: for years of which each call is not a step. */
  readonly atOnce?: Instant;
}

/** Calls of one part by one verb: their name, and how many there were. */
export interface Counted {
  readonly name: string;
  number: number;
}

/**
 * Lets go of whoever still waits in a run that is over. Node keeps a signal that was made of others for as long as somebody
 * listens to it, and with the listener the whole world of the run: a thousand runs filled the heap.
 */
export function endLives({ lives }: Surroundings): void {
  for (const life of lives) life.abort();
  lives.clear();
}

const usualMs = 1;
/** More calls than this at one instant take time again: or a loop that never waits would stop the clock for ever. */
const mostAtOnce = 200_000;

/** How much happens at one instant. */
export class Instant {
  #at = -Infinity;
  #calls = 0;

  /** Counts one more call; false: too many. */
  hasRoom(now: number): boolean {
    if (now !== this.#at) {
      this.#at = now;
      this.#calls = 0;
    }
    this.#calls += 1;
    return this.#calls <= mostAtOnce;
  }
}

/**
 * One life of a part, from a start to a crash or stop. Every call that leaves it goes through `call`; a part that died
 * hears no answer any more, so nothing of it goes on: it is as if the process had been killed at that await.
 */
export class Incarnation {
  readonly name: string;
  readonly stopping = new AbortController();
  readonly random: Seeded;
  readonly #surroundings: Surroundings;
  readonly #onDeath: () => void;
  readonly #counted = new Map<string, Counted>();
  #alive = true;

  constructor(
    surroundings: Surroundings,
    life: { readonly part: string; readonly number: number; readonly onDeath: () => void },
  ) {
    this.#surroundings = surroundings;
    this.#onDeath = life.onDeath;
    this.name = life.part;
    surroundings.lives.add(this.stopping);
    // Everything of a part waits for its end.
    setMaxListeners(0, this.stopping.signal);
    this.random = seeded(surroundings.seed, `${life.part} ${life.number}`);
  }

  readonly isAlive = (): boolean => this.#alive;

  /** True time, which its own clock may miss. */
  now(): number {
    return this.#surroundings.agenda.now;
  }

  /** The process is gone at this instant. What it had sent already still arrives where it was sent to. */
  crash(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#surroundings.trace.add(this.#surroundings.agenda.now, `${this.name} dies`);
    this.#onDeath();
  }

  /** Whether it trips over this, now. */
  trips(over: string): boolean {
    // Years of inputs would each have a counter of their own.
    if (this.#surroundings.atOnce !== undefined) return false;
    return this.#surroundings.deviations.trips(this.#keyOf(`trips over ${over}`));
  }

  /** Asks the outside: one step of the schedule when the other side acts, and perhaps another when the answer comes. */
  call<Value>(
    verb: string,
    act: () => Value | Promise<Value>,
    troubles: readonly Trouble<Value>[] = [],
  ): Promise<Value> {
    const { agenda, deviations, atOnce, trace } = this.#surroundings;
    if (atOnce?.hasRoom(agenda.now) === true) {
      trace.add(agenda.now, `${this.name} ${verb}`);
      return Promise.resolve(act());
    }
    const key = this.#keyOf(verb);
    const deviation = deviations.of(
      key,
      troubles.map(({ name }) => name),
    );
    if (deviation?.trouble === 'crash-before') {
      agenda.after(0, () => {
        this.crash();
      });
      return new Promise<never>(() => undefined);
    }
    const trouble = troubles.find(({ name }) => name === deviation?.trouble);
    return new Promise((resolve, reject) => {
      agenda.after(deviation?.requestMs ?? usualMs, () => {
        this.#act(key, act, trouble).then(
          (value) => {
            if (deviation?.trouble === 'crash-after') this.crash();
            else
              this.#answer(key, deviation?.answerMs, () => {
                resolve(value);
              });
          },
          (error: unknown) => {
            this.#answer(key, deviation?.answerMs, () => {
              reject(error instanceof Error ? error : new Error(String(error)));
            });
          },
        );
      });
    });
  }

  async #act<Value>(
    key: string,
    act: () => Value | Promise<Value>,
    trouble: Trouble<Value> | undefined,
  ): Promise<Value> {
    const { trace, agenda } = this.#surroundings;
    trace.add(agenda.now, trouble === undefined ? key : `${key}: ${trouble.name}`);
    if (trouble === undefined) return act();
    if (trouble.acts) await act();
    return trouble.answer();
  }

  #answer(key: string, afterMs: number | undefined, deliver: () => void): void {
    const { agenda, trace } = this.#surroundings;
    if (afterMs === undefined) {
      if (this.#alive) deliver();
      return;
    }
    agenda.after(afterMs, () => {
      if (!this.#alive) return;
      trace.add(agenda.now, `${key} is answered`);
      deliver();
    });
  }

  #keyOf(verb: string): string {
    const counted = this.#counted.get(verb) ?? this.#count(verb);
    counted.number += 1;
    return `${counted.name} #${counted.number}`;
  }

  /** Numbers run on from one life of a part to the next. */
  #count(verb: string): Counted {
    const { calls } = this.#surroundings;
    const name = `${this.name} ${verb}`;
    const counted = calls.get(name) ?? { name, number: 0 };
    calls.set(name, counted);
    this.#counted.set(verb, counted);
    return counted;
  }
}
