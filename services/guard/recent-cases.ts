import type { GuardBook } from '../../adapters/ports/guard-book.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { ProcessId } from '../../domain/identifiers.js';
import type { PlacedCase } from './breakers.js';
import { placed } from './of-place.js';

/** The whole window is read so often, ms: a node may come into the inventory after its fault. */
const wholeEveryMs = 15_000;
/** In between only what began within so long, ms. */
const freshMs = 60_000;
/** More new faults than this within a window trip every breaker anyway. */
export const mostCases = 20_000;

/** New faults of a window that moves along, each with the place of its node. What is known of one is not read at every look. */
export class RecentCases {
  readonly #book: Pick<GuardBook, 'cases'>;
  readonly #inventory: Pick<FleetInventory, 'member'>;
  #placed = new Map<ProcessId, PlacedCase>();
  #wholeAt = -Infinity;

  constructor(book: Pick<GuardBook, 'cases'>, inventory: Pick<FleetInventory, 'member'>) {
    this.#book = book;
    this.#inventory = inventory;
  }

  /**
   * Those that were decided at or after `since`, ms: what the log held back for an hour comes now. Nodes that are in no inventory are nowhere,
   * and looked for again with the whole window.
   */
  async read(since: number, now: number): Promise<readonly PlacedCase[]> {
    const isWhole = now >= this.#wholeAt + wholeEveryMs || now < this.#wholeAt;
    const from = isWhole ? since : Math.max(since, now - freshMs);
    const read = await this.#book.cases({ since: from, byDecision: true, limit: mostCases });
    const before = isWhole ? [] : [...this.#placed.values()].filter(({ at }) => at >= since);
    const known = new Map(before.map((one) => [one.processId, one]));
    const news = read.filter(({ processId }) => !known.has(processId));
    for (const one of await placed(this.#inventory, news)) known.set(one.processId, one);
    if (isWhole) this.#wholeAt = now;
    this.#placed = known;
    return [...known.values()];
  }
}
