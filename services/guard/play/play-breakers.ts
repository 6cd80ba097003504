import type { AnsweredIncident } from '../../../adapters/ports/guard-book.js';
import type { FleetPicture } from '../../../adapters/ports/journal.js';
import { tripped, type Breaker, type PlacedCase } from '../breakers.js';

/** A breaker that would have tripped. */
export interface PlayedTrip {
  readonly breaker: string;
  /** What was counted together, in words. */
  readonly common: string;
  /** ms */
  readonly at: number;
  /** The most nodes that it counted. */
  nodes: number;
}

export interface PlayBreakersOptions {
  readonly breakers: readonly Breaker[];
  readonly lookEveryMs: number;
  /** By cluster. */
  readonly pictures: ReadonlyMap<string, FleetPicture>;
  /** What people and rules have answered in fact, in any order: what came until then trips nothing again. */
  readonly answered: readonly AnsweredIncident[];
}

/** Plays new faults against breakers. Holds only those of the longest window. */
export class PlayedBreakers {
  readonly #options: PlayBreakersOptions;
  readonly #withinMs: number;
  readonly #trips: PlayedTrip[] = [];
  /** By key, those that count on. */
  #counting = new Map<string, PlayedTrip>();
  #cases: PlacedCase[] = [];
  #lookAt: number | undefined;

  constructor(options: PlayBreakersOptions) {
    this.#options = options;
    this.#withinMs = Math.max(0, ...options.breakers.map(({ withinMs }) => withinMs));
  }

  /** In order of time. */
  take(one: PlacedCase): void {
    if (this.#lookAt !== undefined && one.at >= this.#lookAt) this.#look(this.#lookAt);
    this.#cases.push(one);
    this.#lookAt ??= one.at + this.#options.lookEveryMs;
  }

  /** The first first. */
  finish(): readonly PlayedTrip[] {
    if (this.#lookAt !== undefined) this.#look(this.#lookAt);
    return this.#trips;
  }

  #look(now: number): void {
    this.#lookAt = undefined;
    const from = this.#cases.findIndex(({ at }) => at >= now - this.#withinMs);
    this.#cases = from < 0 ? [] : from === 0 ? this.#cases : this.#cases.slice(from);
    const { breakers, pictures, answered } = this.#options;
    const known = answered.filter(({ at }) => at <= now && at >= now - this.#withinMs);
    const counting = new Map<string, PlayedTrip>();
    for (const { key, incident } of tripped(breakers, {
      cases: this.#cases,
      pictures,
      answered: known,
      now,
    })) {
      const trip = this.#counting.get(key) ?? this.#begin(incident, now);
      trip.nodes = Math.max(trip.nodes, incident.count);
      counting.set(key, trip);
    }
    this.#counting = counting;
  }

  #begin(
    { breaker, common, count }: { breaker: string; common: string; count: number },
    at: number,
  ): PlayedTrip {
    const trip = { breaker, common, at, nodes: count };
    this.#trips.push(trip);
    return trip;
  }
}
