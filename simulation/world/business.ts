import type { MetricReading, MetricSource } from '../../adapters/ports/metric-source.js';
import type { Agenda } from '../scheduler/agenda.js';
import type { Seeded } from '../scheduler/seeded.js';

const minuteMs = 60_000;

/** How well everything does that runs on the site: now and then badly for a while, and now and then nobody knows. */
export class Business implements MetricSource {
  readonly #agenda: Agenda;
  readonly #random: Seeded;
  #now: MetricReading = { kind: 'value', value: 1 };

  constructor(agenda: Agenda, random: Seeded) {
    this.#agenda = agenda;
    this.#random = random;
    this.#doWell();
  }

  at(): Promise<MetricReading> {
    return Promise.resolve(this.#now);
  }

  over(): Promise<never> {
    return Promise.reject(new Error('the simulated policy compares with nothing'));
  }

  #doWell(): void {
    this.#now = { kind: 'value', value: 1 };
    this.#agenda.after(this.#random.between(20, 240) * minuteMs, () => {
      this.#doBadly();
    });
  }

  #doBadly(): void {
    this.#now = this.#random.happens(0.7)
      ? { kind: 'value', value: 0.5 }
      : { kind: 'none', why: 'failed', reason: 'simulated' };
    this.#agenda.after(this.#random.between(5, 90) * minuteMs, () => {
      this.#doWell();
    });
  }
}
