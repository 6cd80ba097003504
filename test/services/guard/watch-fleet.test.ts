import { describe, expect, it } from 'vitest';
import { MemoryGuardBook } from '../../../adapters/memory/journal/guard-book.js';
import { createMemoryStore } from '../../../adapters/memory/journal.js';
import type { ChangeRow } from '../../../adapters/ports/change-book.js';
import type { FaultCase } from '../../../adapters/ports/guard-book.js';
import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import type { FleetGroup } from '../../../adapters/ports/journal.js';
import type { RolloutScope } from '../../../domain/change.js';
import type { Operation } from '../../../domain/command.js';
import type { ChangeId, NodeKey, PauseId } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import type { Where } from '../../../domain/where.js';
import type { Breaker } from '../../../services/guard/breakers.js';
import { watchFleet } from '../../../services/guard/watch-fleet.js';
import { loopOver } from '../maintenance/loop-over-moments.js';
import { rolloutNamed } from '../../contract/journal/rollouts-suite.js';
import { caseOf, memberWith } from './asked.js';
import { standing } from './metrics/metrics.js';

const minuteMs = 60_000;
const many: Breaker = {
  ...{ name: 'many', scope: { kind: 'cluster' }, where: {}, nodes: 3, share: 0 },
  ...{ withinMs: 10 * minuteMs, endsAfterMs: 60 * minuteMs },
};
const racks: Breaker = { ...many, name: 'racks', scope: { kind: 'label', label: 'rack' }, nodes: 2 };

interface Told {
  readonly node: string;
  readonly kind: string;
  readonly subject: string;
  readonly id: string;
}

/** Two nodes stand in each rack. */
const rackOf = (node: string): string => `r${Math.ceil(Number(node.replace('a/n', '')) / 2)}`;

/** A guard's book, a fleet, and processes that begin when it is said. */
class Fleet {
  readonly told: Told[] = [];
  changes: readonly ChangeRow[] = [];
  readonly ended: unknown[] = [];
  groups: readonly FleetGroup[] = [];
  metrics: readonly { readonly name: string }[] = [];
  cases: readonly FaultCase[] = [];
  readonly book = new MemoryGuardBook(
    createMemoryStore({ partitionCount: 1, outboxPartitions: 1, randomness: systemRandomness }),
  );

  constructor() {
    this.book.cases = ({ since, active }) =>
      Promise.resolve(
        this.cases.filter(({ at, stage }) => at >= since && (active !== true || stage !== 'recovered')),
      );
  }

  /** Looks once at each of these moments, ms. */
  async look(moments: readonly number[], breakers: readonly Breaker[] = [many]): Promise<void> {
    await watchFleet({
      ...loopOver(moments),
      book: this.book,
      news: { tell: () => Promise.resolve(0) },
      changes: {
        takeBack: () => Promise.resolve([]),
        soaking: () => Promise.resolve([]),
        endSoak: () => Promise.resolve(false),
        granted: () => Promise.resolve(this.changes),
        end: (id, { how, by, message }) => {
          this.ended.push([id, how, by, message]);
          this.changes = this.changes.filter(({ change }) => change.id !== id);
          return Promise.resolve(true);
        },
      },
      inventory: {
        member: (node) => Promise.resolve(memberWith({ node, labels: { rack: rackOf(node) } })),
        picture: (cluster) => Promise.resolve({ cluster, observedAt: 0, groups: this.groups }),
      },
      rules: () => ({ breakers, lookEveryMs: 500, metrics: this.metrics }),
      order: (node, { kind, subject }, id) => {
        this.told.push({ node, kind, subject, id });
        return Promise.resolve();
      },
    });
  }

  async inForce(): Promise<readonly Pause[]> {
    return (await this.book.present()).pauses;
  }

  async ends(): Promise<readonly unknown[]> {
    const { rows } = await this.book.history({ limit: 10 });
    return rows.map(({ pause, ended }) => [pause.key, ended?.how]);
  }
}

const failing = (names: readonly string[], at: number, stage = 'isolating'): readonly FaultCase[] =>
  names.map((name) => caseOf(name, { at, stage }));

describe('who watches the fleet', () => {
  it('begins one pause for nodes that fail together, and tells more of it as more fail', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2', 'n3'], 5);
    await fleet.look([10, 510]);
    fleet.cases = [...fleet.cases, ...failing(['n4'], 600)];
    await fleet.look([1_010]);
    const pauses = await fleet.inForce();
    expect(pauses).toMatchObject([
      { key: 'many/a', where: { clusters: ['a'] }, incident: { count: 4, since: 5, latestAt: 600 } },
    ]);
    expect(pauses[0]?.begun).toMatchObject({ by: 'breaker many', at: 10 });
  });

  it('lets a lesser incident join the greater one', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2'], 5);
    await fleet.look([10], [racks, many]);
    fleet.cases = [...fleet.cases, ...failing(['n3', 'n4'], 15)];
    await fleet.look([20], [many, racks]);
    expect(await fleet.ends()).toEqual([
      ['many/a', undefined],
      ['racks/a/r1', 'joined'],
    ]);
  });

  it('ends an incident when it has been quiet for as long as its breaker says, and not one that was denied', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2', 'n3'], 5);
    await fleet.look([10, 60 * minuteMs]);
    expect(await fleet.inForce()).toHaveLength(1);
    await fleet.look([60 * minuteMs + 5]);
    expect(await fleet.ends()).toEqual([['many/a', 'over']]);
    fleet.cases = failing(['n1', 'n2', 'n3'], 70 * minuteMs);
    await fleet.look([70 * minuteMs]);
    const [second] = await fleet.inForce();
    await fleet.book.deny(second?.id ?? ('' as PauseId), { by: 'anna', reason: 'r', at: 71 * minuteMs });
    await fleet.look([500 * minuteMs]);
    expect(await fleet.inForce()).toHaveLength(1);
  });

  it('keeps an incident while faults keep coming, though fewer than trip its breaker', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2', 'n3'], 5);
    await fleet.look([10]);
    for (let minute = 20; minute <= 120; minute += 20) {
      fleet.cases = [...fleet.cases, ...failing([`n${minute}`], minute * minuteMs)];
      await fleet.look([minute * minuteMs + 500]);
    }
    expect(await fleet.inForce()).toMatchObject([{ incident: { count: 9, latestAt: 120 * minuteMs } }]);
    await fleet.look([180 * minuteMs - 1]);
    expect(await fleet.ends()).toEqual([['many/a', undefined]]);
    await fleet.look([180 * minuteMs]);
    expect(await fleet.ends()).toEqual([['many/a', 'over']]);
  });

  it('does not count faults elsewhere as news of an incident', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2'], 5);
    await fleet.look([10], [racks]);
    fleet.cases = [...fleet.cases, ...failing(['n3'], 30 * minuteMs)];
    await fleet.look([60 * minuteMs + 5], [racks]);
    expect(await fleet.ends()).toEqual([['racks/a/r1', 'over']]);
  });

  it('ends a freeze when its time has come', async () => {
    const fleet = new Fleet();
    const begun = { by: 'anna', reason: 'r', at: 0 };
    await fleet.book.begin({ id: 'z-1' as PauseId, key: 'z-1', where: {}, begun, until: 100 });
    await fleet.look([99]);
    expect(await fleet.inForce()).toHaveLength(1);
    await fleet.look([100]);
    expect(await fleet.ends()).toEqual([['z-1', 'expired']]);
  });

  it('does nothing when nothing is to be watched', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1', 'n2', 'n3'], 5);
    await fleet.look([10], []);
    expect(await fleet.inForce()).toEqual([]);
  });
});

describe('an incident that was denied', () => {
  async function denied(fleet: Fleet, at: number): Promise<void> {
    fleet.cases = failing(['n1', 'n2', 'n3'], 5);
    await fleet.look([10]);
    const [pause] = await fleet.inForce();
    await fleet.book.deny(pause?.id ?? ('' as PauseId), { by: 'anna', reason: 'bad probe', at });
  }

  it('dismisses what began until then, once, in the name of whoever denied it', async () => {
    const fleet = new Fleet();
    await denied(fleet, 20);
    await fleet.look([30, 530]);
    expect(fleet.told.map(({ node, kind, subject }) => [node, kind, subject])).toEqual([
      ['a/n1', 'dismiss', 'anna'],
      ['a/n2', 'dismiss', 'anna'],
      ['a/n3', 'dismiss', 'anna'],
    ]);
  });

  it('gives the same order after a restart, so that it is known', async () => {
    const fleet = new Fleet();
    await denied(fleet, 20);
    await fleet.look([30]);
    await fleet.look([40]);
    expect(new Set(fleet.told.map(({ id }) => id)).size).toBe(3);
    expect(fleet.told).toHaveLength(6);
  });

  it('leaves alone what began after it or before its first fault, and what is over', async () => {
    const fleet = new Fleet();
    await denied(fleet, 20);
    fleet.cases = [
      ...failing(['n1'], 4),
      ...failing(['n2'], 21),
      ...failing(['n3'], 5, 'recovered'),
      ...failing(['n4'], 20),
    ];
    await fleet.look([30]);
    expect(fleet.told.map(({ node }) => node)).toEqual(['a/n4']);
  });

  it('waits for a stage that takes the order', async () => {
    const fleet = new Fleet();
    await denied(fleet, 20);
    fleet.cases = failing(['n1'], 5, 'booting');
    await fleet.look([30]);
    expect(fleet.told).toEqual([]);
    fleet.cases = failing(['n1'], 5, 'reimaging');
    await fleet.look([40]);
    expect(fleet.told.map(({ node }) => node)).toEqual(['a/n1']);
  });
});

describe('what a person said no to since a business metric is bad', () => {
  const granted = (id: string, at: number, operation: Operation = 'release'): ChangeRow => ({
    change: {
      ...{ id: id as ChangeId, key: id, owner: 'deployer', node: 'a/n9' as NodeKey, operation },
      ...{ reason: 'r', leaseMs: 1, askedAt: 0 },
    },
    ...{ leaseUntil: 0, granted: { token: 1, at } },
  });

  async function asked(fleet: Fleet, operations?: readonly Operation[], where: Where = {}): Promise<void> {
    await fleet.book.begin({
      ...{ id: 'z-1' as PauseId, key: 'metric:starts', where },
      ...(operations === undefined ? {} : { operations }),
      begun: { by: 'metric starts', reason: 'r', at: 10 },
      regression: { verdict: { ...standing(), at: 0 }, since: 5, nodes: [], count: 0, changes: [] },
    });
  }

  it('the pause of a metric that is in the policy no more is over when nobody judges it, unless it was denied', async () => {
    const fleet = new Fleet();
    await fleet.book.judge({ metric: 'starts', says: 'bad', at: 10, reason: 'r' });
    await asked(fleet);
    fleet.metrics = [{ name: 'starts' }];
    await fleet.look([20 * minuteMs]);
    fleet.metrics = [];
    await fleet.look([5 * minuteMs]);
    expect(await fleet.inForce()).toHaveLength(1);
    await fleet.look([5 * minuteMs + 10]);
    expect(await fleet.ends()).toEqual([['metric:starts', 'over']]);
    const other = new Fleet();
    await asked(other);
    await denied(other);
    await other.look([20 * minuteMs]);
    expect(await other.inForce()).toHaveLength(1);
  });

  async function denied(fleet: Fleet): Promise<void> {
    await fleet.book.deny('z-1' as PauseId, { by: 'anna', reason: 'it is us', at: 20 });
    await fleet.look([30, 530]);
  }

  it('changes lose their leave, and our own stop; what was granted later is left alone', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1'], 5, 'evacuating');
    await asked(fleet);
    fleet.changes = [granted('c-1', 6), granted('c-2', 21)];
    await fleet.look([15]);
    expect([fleet.ended, fleet.told]).toEqual([[], []]);
    await denied(fleet);
    expect(fleet.ended).toEqual([['c-1', 'cancelled', 'anna', 'z-1 denied: it is us']]);
    expect(fleet.told.map(({ node, kind }) => [node, kind])).toEqual([['a/n1', 'abort']]);
  });

  it('a rollout that goes through what the metric is about loses its leave, and no other', async () => {
    const fleet = new Fleet();
    fleet.groups = [memberWith({ pool: 'gpu' }), memberWith({ pool: 'cpu' })].map((one) => ({
      ...one,
      size: 9,
    }));
    const rollout = (name: string, scope: RolloutScope): ChangeRow => ({
      change: rolloutNamed(name, { rollout: { cluster: 'a', scope, pauses: [] } }),
      ...{ leaseUntil: 0, granted: { token: 1, at: 6 } },
    });
    fleet.changes = [rollout('1', {}), rollout('2', { pools: ['gpu'] }), rollout('3', { pools: ['cpu'] })];
    await asked(fleet, undefined, { clusters: ['a'], pools: ['gpu'] });
    await denied(fleet);
    expect(fleet.ended).toEqual([
      ['c-1', 'cancelled', 'anna', 'z-1 denied: it is us'],
      ['c-2', 'cancelled', 'anna', 'z-1 denied: it is us'],
    ]);
  });

  it('nobody hears that there is no fault, and what is repaired or waits goes its way', async () => {
    const fleet = new Fleet();
    const stages = [
      'repairing',
      'reimaging',
      'poweringOff',
      'waitingForPerson',
      'isolating',
      'requestingMigration',
    ];
    fleet.cases = stages.flatMap((stage, index) => failing([`n${index}`], 6, stage));
    await asked(fleet);
    await denied(fleet);
    expect(fleet.told).toEqual([]);
  });

  it('what was under way while it was good goes on', async () => {
    const fleet = new Fleet();
    fleet.cases = [
      { ...caseOf('n1', { at: 1, stage: 'evacuating' }), enteredAt: 4 },
      { ...caseOf('n2', { at: 1, stage: 'evacuating' }), enteredAt: 6 },
    ];
    fleet.changes = [granted('c-1', 4)];
    await asked(fleet);
    await denied(fleet);
    expect(fleet.told.map(({ node }) => node)).toEqual(['a/n2']);
    expect(fleet.ended).toEqual([]);
  });

  it('other operations than the metric is about go on, ours and those of others', async () => {
    const fleet = new Fleet();
    fleet.cases = failing(['n1'], 6, 'evacuating');
    fleet.changes = [granted('c-1', 6, 'isolate'), granted('c-2', 6, 'release')];
    await asked(fleet, ['release']);
    await denied(fleet);
    expect(fleet.told).toEqual([]);
    expect(fleet.ended.flat()).toEqual(['c-2', 'cancelled', 'anna', 'z-1 denied: it is us']);
  });
});
