import { describe, expect, it } from 'vitest';
import type { CasesQuery, FaultCase } from '../../../adapters/ports/guard-book.js';
import { mostCases, RecentCases, type Recent } from '../../../services/guard/recent-cases.js';
import { caseOf, memberWith } from './asked.js';

const secondMs = 1_000;
const start = 1_000 * secondMs;
const windowMs = 600 * secondMs;

/** A book, and what was asked of it. */
class Book {
  cases: readonly FaultCase[] = [];
  /** Those that began long ago, by when they were decided. */
  decided: readonly FaultCase[] = [];
  readonly asked: number[] = [];
  readonly placed: string[] = [];
  readonly #recent = new RecentCases(
    {
      cases: ({ since, byDecision, limit }: CasesQuery) => {
        this.asked.push(since);
        const all = byDecision === true ? [...this.cases, ...this.decided] : this.cases;
        return Promise.resolve(all.filter(({ at }) => at >= since).slice(0, limit));
      },
    },
    {
      member: (node) => {
        this.placed.push(node);
        return Promise.resolve(node === 'a/unknown' ? undefined : memberWith({ node }));
      },
    },
  );

  async read(now: number): Promise<readonly string[]> {
    return (await this.within([windowMs], now)).cases.map(({ node }) => node);
  }

  within(windowsMs: readonly number[], now: number): Promise<Recent> {
    return this.#recent.read(windowsMs, now);
  }
}

describe('new faults of a window', () => {
  it('are read whole at first and every 15 s, and what is fresh in between', async () => {
    const book = new Book();
    for (const seconds of [0, 0.5, 14.9, 15]) await book.read(start + seconds * secondMs);
    expect(book.asked).toEqual([
      start - windowMs,
      start - 59.5 * secondMs,
      start - 45.1 * secondMs,
      start + 15 * secondMs - windowMs,
    ]);
  });

  it('are known until they are older than the window, and placed once in a while', async () => {
    const book = new Book();
    book.cases = [caseOf('old', { at: start - windowMs + 5 }), caseOf('n1', { at: start - 300 * secondMs })];
    expect(await book.read(start)).toEqual(['a/old', 'a/n1']);
    book.cases = [...book.cases, caseOf('n2', { at: start })];
    expect(await book.read(start + 10)).toEqual(['a/n1', 'a/n2']);
    expect(book.placed).toEqual(['a/old', 'a/n1', 'a/n2']);
  });

  it('that the log held back for longer than the window come when they are decided', async () => {
    const book = new Book();
    expect(await book.read(start)).toEqual([]);
    book.decided = [caseOf('late', { at: start + 400 })];
    expect(await book.read(start + 500)).toEqual(['a/late']);
  });

  it('of nodes that are in no inventory are nowhere', async () => {
    const book = new Book();
    book.cases = [caseOf('unknown', { at: start }), caseOf('n1', { at: start })];
    expect(await book.read(start)).toEqual(['a/n1']);
  });

  it('that are too many to be read are told as such, and hide none of a shorter window (the oldest came first, and the newest never)', async () => {
    const book = new Book();
    const long = Array.from({ length: mostCases }, (_, index) =>
      caseOf(`long-ago-${index}`, { at: start - 500 * secondMs }),
    );
    book.cases = [...long, caseOf('n1', { at: start - 90 * secondMs })];
    const shortMs = 100 * secondMs;
    const { cases, uncountedFromMs } = await book.within([shortMs, windowMs], start);
    expect(cases.filter(({ at }) => at >= start - shortMs).map(({ node }) => node)).toEqual(['a/n1']);
    expect(uncountedFromMs).toBe(windowMs);
    expect((await book.within([shortMs, windowMs], start + 500)).uncountedFromMs).toBe(windowMs);
    book.cases = book.cases.slice(1);
    const later = await book.within([shortMs, windowMs], start + 20 * secondMs);
    expect(later).toMatchObject({ uncountedFromMs: windowMs });
    book.cases = book.cases.slice(1);
    expect(await book.within([windowMs], start + 40 * secondMs)).toMatchObject({ uncountedFromMs: Infinity });
  });
});
