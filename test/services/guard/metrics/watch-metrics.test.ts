import { describe, expect, it } from 'vitest';
import { systemRandomness } from '../../../../adapters/clock/system-clock.js';
import { MemoryGuardBook } from '../../../../adapters/memory/journal/guard-book.js';
import { createMemoryStore } from '../../../../adapters/memory/journal.js';
import type { ChangeRow } from '../../../../adapters/ports/change-book.js';
import type { FaultCase } from '../../../../adapters/ports/guard-book.js';
import type { MetricReading } from '../../../../adapters/ports/metric-source.js';
import type { Change } from '../../../../domain/change.js';
import type { ChangeId, NodeKey, PauseId } from '../../../../domain/identifiers.js';
import type { BusinessMetric } from '../../../../services/guard/metrics/business-metric.js';
import { watchMetrics } from '../../../../services/guard/metrics/watch-metrics.js';
import { loopOver } from '../../maintenance/loop-over-moments.js';
import { caseOf, memberWith } from '../asked.js';
import { metricWith } from './metrics.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const compared = metricWith({
  limit: undefined,
  baseline: { agoMs: minuteMs, overMs: minuteMs, share: 0.1, margin: 0 },
});
const change: Change = {
  ...{ id: 'c-1' as ChangeId, key: 'k', owner: 'deployer', node: 'a/n9' as NodeKey, operation: 'release' },
  ...{ reason: 'new image', leaseMs: minuteMs, askedAt: 0 },
};

/** A guard's book, and a business that does as well as it is said. */
class Business {
  now: MetricReading = { kind: 'value', value: 1 };
  before = 1;
  asked = 0;
  cases: readonly FaultCase[] = [];
  changes: readonly ChangeRow[] = [];
  readonly book = new MemoryGuardBook(
    createMemoryStore({ partitionCount: 1, outboxPartitions: 1, randomness: systemRandomness }),
  );

  constructor() {
    this.book.cases = () => Promise.resolve(this.cases);
  }

  does(value: number): void {
    this.now = { kind: 'value', value };
  }

  /** Looks once at each of these moments, ms. */
  async look(moments: readonly number[], metric: BusinessMetric = metricWith()): Promise<void> {
    await watchMetrics({
      ...loopOver(moments),
      book: this.book,
      changes: { granted: () => Promise.resolve(this.changes.filter((row) => row.granted !== undefined)) },
      inventory: {
        member: (node) => Promise.resolve(memberWith({ node })),
        picture: (cluster) =>
          Promise.resolve({ cluster, observedAt: 0, groups: [{ ...memberWith(), size: 9 }] }),
      },
      source: {
        at: () => {
          this.asked += 1;
          return Promise.resolve(this.now);
        },
        over: () => Promise.resolve({ kind: 'values', values: [this.before] }),
      },
      metricsNow: () => [metric],
      readEveryMs: 15 * secondMs,
    });
  }

  async pauses() {
    const { rows } = await this.book.history({ limit: 10 });
    return rows.map(({ pause, ended }) => ({ ...pause, how: ended?.how, why: ended?.reason }));
  }

  async said() {
    const { rows } = await this.book.verdicts({ limit: 20 });
    return rows.map(({ says, at, since }) => [says, at, since]);
  }
}

describe('who watches business metrics', () => {
  it('records each verdict that says something else, and one in ten minutes', async () => {
    const business = new Business();
    await business.look([0, 15 * secondMs, 30 * secondMs]);
    business.does(0.5);
    await business.look([45 * secondMs, minuteMs]);
    business.does(1);
    await business.look([75 * secondMs, 675 * secondMs]);
    expect(await business.said()).toEqual([
      ['good', 675 * secondMs, 75 * secondMs],
      ['good', 75 * secondMs, 75 * secondMs],
      ['bad', 45 * secondMs, 45 * secondMs],
      ['good', 0, 0],
    ]);
  });

  it('does not read again what another copy has read just now', async () => {
    const business = new Business();
    await business.look([0]);
    await business.look([5 * secondMs]);
    expect(business.asked).toBe(1);
    await business.look([15 * secondMs]);
    expect(business.asked).toBe(2);
  });

  it('asks a person about what is under way when it was not good for too long, once', async () => {
    const business = new Business();
    business.does(0.5);
    business.cases = [caseOf('n1', { at: 3 })];
    business.changes = [
      { change, leaseUntil: minuteMs, granted: { token: 1, at: 2 } },
      { change: { ...change, id: 'c-2' as ChangeId }, leaseUntil: minuteMs },
    ];
    await business.look([10, 30 * secondMs]);
    expect(await business.pauses()).toEqual([]);
    await business.look([minuteMs + 10, 2 * minuteMs]);
    expect(await business.pauses()).toMatchObject([
      {
        ...{ key: 'metric:starts', where: {}, begun: { by: 'metric starts', at: minuteMs + 10 } },
        regression: {
          ...{ since: 10 - 5 * minuteMs, count: 2, nodes: ['a/n1', 'a/n9'], changes: ['c-1'] },
          verdict: { says: 'bad', value: 0.5, bound: 0.9, since: 10 },
        },
      },
    ]);
  });

  it('asks about nothing that ran while it was good, nor about other operations than it stops', async () => {
    const hourMs = 60 * minuteMs;
    const granted = (id: string, operation: Change['operation'], at: number): ChangeRow => ({
      change: { ...change, id: id as ChangeId, node: `a/${id}` as NodeKey, operation },
      ...{ leaseUntil: 2 * hourMs, granted: { token: 1, at } },
    });
    const business = new Business();
    business.does(0.5);
    business.cases = [caseOf('n1', { at: 3, stage: 'repairing' }), caseOf('n2', { at: hourMs })];
    business.changes = [
      granted('c-1', 'release', hourMs - minuteMs),
      granted('c-2', 'isolate', hourMs),
      granted('c-3', 'release', 3),
    ];
    await business.look([hourMs, hourMs + minuteMs], metricWith({ operations: ['release'] }));
    expect(await business.pauses()).toMatchObject([{ regression: { nodes: ['a/c-1'], changes: ['c-1'] } }]);
    const other = new Business();
    other.does(0.5);
    other.cases = business.cases;
    await other.look([hourMs, hourMs + minuteMs], metricWith({ operations: ['isolate', 'release'] }));
    expect(await other.pauses()).toMatchObject([{ regression: { nodes: ['a/n2'] } }]);
  });

  it('lets changes go on when it has been good for long enough, and not when a person said no', async () => {
    const business = new Business();
    business.does(0.5);
    await business.look([0, minuteMs]);
    business.does(1);
    await business.look([2 * minuteMs, 6 * minuteMs]);
    expect((await business.pauses()).map(({ how }) => how)).toEqual([undefined]);
    await business.look([7 * minuteMs]);
    expect(await business.pauses()).toMatchObject([
      { how: 'over', why: expect.stringContaining('it has been good') as unknown },
    ]);
    business.does(0.5);
    await business.look([8 * minuteMs, 9 * minuteMs]);
    const [second] = await business.pauses();
    await business.book.deny(second?.id ?? ('' as PauseId), { by: 'anna', reason: 'r', at: 9 * minuteMs });
    business.does(1);
    await business.look([10 * minuteMs, 100 * minuteMs]);
    expect((await business.pauses()).map(({ how }) => how)).toEqual([undefined, 'over']);
  });

  it('asks nothing again when a person said go on, until it has been good and is not any more', async () => {
    const business = new Business();
    business.does(0.5);
    await business.look([0, minuteMs]);
    const [first] = await business.pauses();
    const answer = { how: 'approved', by: 'anna', reason: 'r', at: minuteMs } as const;
    await business.book.end(first?.id ?? ('' as PauseId), answer);
    await business.look([2 * minuteMs, 5 * minuteMs]);
    expect(await business.pauses()).toHaveLength(1);
    expect((await business.book.present()).verdicts).toMatchObject([{ says: 'bad', overruled: true }]);
    business.does(1);
    await business.look([6 * minuteMs]);
    business.does(0.5);
    await business.look([7 * minuteMs, 8 * minuteMs]);
    expect(await business.pauses()).toHaveLength(2);
  });

  it('holds what is bad against the time before it was, however long it lasts', async () => {
    const business = new Business();
    business.does(0.5);
    await business.look([0, 15 * secondMs], compared);
    business.before = 0.5;
    business.now = { kind: 'none', why: 'failed', reason: 'no answer' };
    await business.look([30 * secondMs], compared);
    business.does(0.5);
    await business.look([45 * secondMs], compared);
    expect((await business.book.present()).verdicts).toMatchObject([{ says: 'bad', bound: 0.9, since: 0 }]);
  });

  it.each([
    ['limit', metricWith({ limit: 95 }), metricWith({ limit: 0.95 })],
    ['query', metricWith({ query: 'wrong' }), metricWith({ query: 'right' })],
    ['baseline', compared, metricWith({ limit: 0.4 })],
  ])(
    'goes by another %s as soon as the policy has it, however long it was not good',
    async (_, before, after) => {
      const business = new Business();
      business.does(0.5);
      await business.look([0, 15 * secondMs, minuteMs], before);
      business.does(0.99);
      await business.look([75 * secondMs], after);
      expect((await business.book.present()).verdicts).toMatchObject([
        { says: 'good', bound: after.limit, since: 75 * secondMs },
      ]);
      await business.look([75 * secondMs + 5 * minuteMs], after);
      expect((await business.pauses()).map(({ how }) => how)).toEqual(['over']);
    },
  );

  it('asks anew by another rule when a person said go on by the one before', async () => {
    const business = new Business();
    business.does(0.5);
    await business.look([0, minuteMs]);
    const [first] = await business.pauses();
    const answer = { how: 'approved', by: 'anna', reason: 'r', at: minuteMs } as const;
    await business.book.end(first?.id ?? ('' as PauseId), answer);
    await business.look([2 * minuteMs], metricWith({ limit: 0.8 }));
    expect((await business.book.present()).verdicts).toMatchObject([{ says: 'bad', overruled: false }]);
    await business.look([3 * minuteMs], metricWith({ limit: 0.8 }));
    expect(await business.pauses()).toHaveLength(2);
  });

  it('given that nothing comes back, then it asks as well, unless it is said otherwise', async () => {
    for (const [noData, asked] of [
      ['stop', 1],
      ['go', 0],
    ] as const) {
      const business = new Business();
      business.now = { kind: 'none', why: 'failed', reason: 'no answer' };
      await business.look([0, minuteMs], metricWith({ noData }));
      expect(await business.pauses()).toHaveLength(asked);
    }
  });
});
