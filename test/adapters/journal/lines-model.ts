import { keepsAfterMs, keepsRooms, refusalOf } from '../../../adapters/journal/kept-rooms.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';

/** `one line`: who is refused stands in the line of what refused it, and that is all. `kept rooms`: who has waited long keeps what it finds. */
export type Rule = 'one line' | 'kept rooms';

export interface Waiter {
  /** The lower, the earlier. */
  readonly rank: number;
  readonly needs: readonly string[];
  readonly since: number;
  line?: string | undefined;
  keeps: readonly string[];
  isAwake: boolean;
}

/** So many rounds are an hour. */
export const roundsUntilKept = 8;

/** Counters, those who have room of them and those who wait: the rule of both journals, and nothing beside it. */
export class LinesModel {
  readonly #caps: ReadonlyMap<string, number>;
  readonly #rule: Rule;
  readonly holders: Waiter[] = [];
  readonly waiters: Waiter[] = [];
  readonly granted: Waiter[] = [];
  round = 0;

  constructor(caps: Readonly<Record<string, number>>, rule: Rule) {
    this.#caps = new Map(Object.entries(caps));
    this.#rule = rule;
  }

  get counters(): readonly string[] {
    return [...this.#caps.keys()];
  }

  usedOf(counter: string): number {
    return this.holders.filter(({ needs }) => needs.includes(counter)).length;
  }

  capOf(counter: string): number {
    return this.#caps.get(counter) ?? 0;
  }

  /** Comes and asks. */
  arrive(rank: number, needs: readonly string[]): Waiter {
    const waiter: Waiter = { rank, needs, since: this.round, keeps: [], isAwake: true };
    this.waiters.push(waiter);
    this.ask(waiter);
    return waiter;
  }

  /** Gives back all that it has. */
  release(holder: Waiter): void {
    this.holders.splice(this.holders.indexOf(holder), 1);
    for (const counter of holder.needs) this.#wakeFirst(counter);
  }

  ask(waiter: Waiter): void {
    waiter.isAwake = false;
    const refused = refusalOf(this.#budgetsOf(waiter), this.#keeps(waiter), ({ counter }) =>
      this.#isAgainst(counter, waiter) ? 'refused' : undefined,
    );
    const left = waiter.line;
    const kept = waiter.keeps;
    // Where one that comes before it keeps the same it would keep nothing yet.
    waiter.keeps = (refused?.keeps ?? [])
      .map(({ line }) => line)
      .filter((line) => !this.#isKept(line, waiter));
    waiter.line = refused?.budget.line;
    if (refused === undefined) {
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      this.holders.push(waiter);
      this.granted.push(waiter);
    } else {
      for (const line of kept) if (!waiter.keeps.includes(line)) this.#wakeFirst(line);
    }
    if (left !== undefined && left !== waiter.line) this.#wakeFirst(left);
  }

  #keeps({ since }: Waiter): boolean {
    if (this.#rule === 'one line') return false;
    return keepsRooms(((this.round - since) * keepsAfterMs) / roundsUntilKept);
  }

  #budgetsOf({ needs }: Waiter): readonly BudgetClaim[] {
    return needs.map((counter) => ({
      ...{ counter, line: counter, cap: this.capOf(counter), operation: 'isolate', until: 'settled' },
    }));
  }

  #isAgainst(counter: string, waiter: Waiter): boolean {
    const before = this.waiters.filter(({ rank }) => rank < waiter.rank);
    if (before.some(({ line }) => line === counter)) return true;
    const kept = this.#isKept(counter, waiter) ? 1 : 0;
    return this.usedOf(counter) >= this.capOf(counter) - kept;
  }

  #isKept(line: string, { rank }: Waiter): boolean {
    return this.waiters.some((other) => other.rank < rank && other.keeps.includes(line));
  }

  #wakeFirst(line: string): void {
    const [first] = this.waiters
      .filter((waiter) => waiter.line === line)
      .sort((one, other) => one.rank - other.rank);
    if (first !== undefined) first.isAwake = true;
  }
}
