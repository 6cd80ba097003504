import type { FaultCase, GuardBook } from '../../adapters/ports/guard-book.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { ProcessId } from '../../domain/identifiers.js';
import type { PlacedCase } from './breakers.js';
import { placed } from './of-place.js';

/** The whole window is read so often, ms: a node may come into the inventory after its fault. */
const wholeEveryMs = 15_000;
/** In between only what began within so long, ms. */
const freshMs = 60_000;
/** Of more new faults than this within a window nobody knows how many there are: they reach every share. */
export const mostCases = 20_000;

/** New faults of some windows. */
export interface Recent {
  readonly cases: readonly PlacedCase[];
  /** In windows that are as long as this or longer there are more than were read, ms. Infinity: in none. */
  readonly uncountedFromMs: number;
}

/** New faults of windows that move along, each with the place of its node. What is known of one is not read at every look. */
export class RecentCases {
  readonly #book: Pick<GuardBook, 'cases'>;
  readonly #inventory: Pick<FleetInventory, 'member'>;
  #placed = new Map<ProcessId, PlacedCase>();
  #wholeAt = -Infinity;
  #uncountedFromMs = Infinity;

  constructor(book: Pick<GuardBook, 'cases'>, inventory: Pick<FleetInventory, 'member'>) {
    this.#book = book;
    this.#inventory = inventory;
  }

  /**
   * Those that were decided within any of these windows, ms: what the log held back for an hour comes now. Nodes that are in no inventory are
   * nowhere, and looked for again with the whole windows.
   */
  async read(windowsMs: readonly number[], now: number): Promise<Recent> {
    const longestMs = Math.max(...windowsMs);
    const isWhole = now >= this.#wholeAt + wholeEveryMs || now < this.#wholeAt;
    const before = isWhole ? [] : [...this.#placed.values()].filter(({ at }) => at >= now - longestMs);
    const known = new Map(before.map((one) => [one.processId, one]));
    const fresh = [Math.min(freshMs, longestMs), ...windowsMs.filter((windowMs) => windowMs < freshMs)];
    const read = await this.#within(isWhole ? windowsMs : fresh, now);
    const news = read.cases.filter(({ processId }) => !known.has(processId));
    for (const one of await placed(this.#inventory, news)) known.set(one.processId, one);
    if (isWhole) this.#wholeAt = now;
    this.#placed = known;
    this.#uncountedFromMs = Math.min(read.uncountedFromMs, isWhole ? Infinity : this.#uncountedFromMs);
    return { cases: [...known.values()], uncountedFromMs: this.#uncountedFromMs };
  }

  /** The oldest come first, so where there are too many of a window those of shorter ones are asked for as well. */
  async #within(
    windowsMs: readonly number[],
    now: number,
  ): Promise<{ readonly cases: readonly FaultCase[]; readonly uncountedFromMs: number }> {
    const found = new Map<ProcessId, FaultCase>();
    let uncountedFromMs = Infinity;
    for (const windowMs of [...new Set(windowsMs)].sort((one, other) => other - one)) {
      const read = await this.#book.cases({ since: now - windowMs, byDecision: true, limit: mostCases });
      for (const one of read) found.set(one.processId, one);
      if (read.length < mostCases) break;
      uncountedFromMs = windowMs;
    }
    return { cases: [...found.values()], uncountedFromMs };
  }
}
