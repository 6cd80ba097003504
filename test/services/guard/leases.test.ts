import { beforeEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../../adapters/clock/system-clock.js';
import type { ChangeRow } from '../../../adapters/ports/change-book.js';
import type { PermitAnswer } from '../../../adapters/ports/change-guard.js';
import type { HeldLease, NodeLeases, RefusedLease } from '../../../adapters/ports/node-lease.js';
import type { ProcessRow } from '../../../adapters/ports/journal.js';
import type { ChangeId, ClusterName, NodeKey, NodeName } from '../../../domain/identifiers.js';
import { awaitLeave } from '../../../services/console/await-leave.js';
import { heedLeases } from '../../../services/guard/heed-leases.js';
import { keepLeases } from '../../../services/guard/keep-leases.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { budgetOf, commandOf, nodeNamed } from '../../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { loopOver } from '../maintenance/loop-over-moments.js';
import { requestTo } from './asked.js';

const foreign: RefusedLease = { kind: 'foreign', holder: 'self-node-remediation', until: 5_000 };
const away: RefusedLease = { kind: 'unknown', reason: 'unreachable' };

/** Remembers what is done with leases. */
class Leases implements NodeLeases {
  readonly deeds: string[] = [];
  refused: RefusedLease | undefined;
  holds: readonly HeldLease[] | undefined = [];

  look(): Promise<RefusedLease | { readonly kind: 'free' }> {
    return Promise.resolve(this.refused ?? { kind: 'free' });
  }

  take(node: NodeName) {
    this.deeds.push(`take ${node}`);
    return Promise.resolve(this.refused ?? ({ kind: 'taken', version: '7' } as const));
  }

  release(node: NodeName, version: string): Promise<boolean> {
    this.deeds.push(`release ${node} ${version}`);
    return Promise.resolve(true);
  }

  held(): Promise<readonly HeldLease[] | undefined> {
    return Promise.resolve(this.holds);
  }
}

let leases: Leases;
beforeEach(() => {
  leases = new Leases();
});

describe('a guard that heeds leases', () => {
  const leave: PermitAnswer = { kind: 'ask', budgets: [], askAgainAt: {}, guardVersion: 1 };
  const ask = async (cluster = 'a', answer: object = leave): Promise<unknown> => {
    const inner = {
      ask: () => Promise.resolve(answer as PermitAnswer),
      askFor: () => Promise.resolve(leave),
    };
    const guard = heedLeases(inner, new Map([[cluster, leases]]));
    const ours = await guard.ask(commandOf(nodeNamed('n1'), 1, 'isolateNode'), 1_000);
    expect(await guard.askFor(requestTo('isolate'), 1_000)).toEqual(answer === leave ? ours : leave);
    return ours;
  };

  it.each([
    [foreign, 'HeldByLease: self-node-remediation'],
    [away, 'LeaseNotKnown: unreachable'],
  ])('given %j, then commands and changes wait', async (refused, reason) => {
    leases.refused = refused;
    expect(await ask()).toEqual({ kind: 'wait', reason, until: 16_000 });
    expect(leases.deeds).toEqual([]);
  });

  it('given a lease that is free, or another cluster, then it says what it said', async () => {
    expect(await ask()).toBe(leave);
    leases.refused = foreign;
    expect(await ask('b')).toBe(leave);
  });
});

describe('a change of somebody else', () => {
  const now = new TestClock().now();
  const well = { health: 'healthy', conditions: [], at: now } as const;

  async function askFor(capacity: number): Promise<ChangeRow> {
    const journal = createMemoryJournal(defaultOptions(new TestClock()));
    await journal.upkeep.resume();
    const budgets = [budgetOf('isolate/in-flight/a', capacity, 'returned')];
    const answer: PermitAnswer = { kind: 'ask', budgets, askAgainAt: {}, guardVersion: 0 };
    return awaitLeave(
      {
        ...{ book: journal.changeBook, permits: journal.commands },
        ...{ clock: { now: () => now, waitUntil: () => Promise.resolve() } },
        ...{ guard: { askFor: () => Promise.resolve(answer) }, leases: new Map([['a', leases]]) },
        ...{ healthOf: () => Promise.resolve(well), isOnlyForHealthy: () => false },
      },
      await journal.changeBook.keep(changeNamed('n1', { askedAt: now }), 0),
      { waitMs: 0, gone: new AbortController().signal },
    );
  }

  it('given the lease of its node, then it has leave', async () => {
    expect((await askFor(1)).granted).toBeDefined();
    expect(leases.deeds).toEqual(['take n1']);
  });

  it('given that somebody else took it meanwhile, then it waits', async () => {
    leases.refused = foreign;
    expect(await askFor(1)).toMatchObject({ waiting: { reason: 'HeldByLease: self-node-remediation' } });
  });

  it('given no room, then it keeps nobody off its node', async () => {
    expect(await askFor(0)).toMatchObject({ waiting: { reason: 'BudgetFull: isolate/in-flight/a' } });
    expect(leases.deeds).toEqual(['take n1', 'release n1 7']);
  });
});

describe('leases that we hold', () => {
  const granted: ChangeRow = {
    ...{ change: changeNamed('changed'), leaseUntil: 1 },
    granted: { token: 1, at: 1 },
  };
  const waiting: ChangeRow = {
    change: { ...changeNamed('waits'), id: 'c-waits' as ChangeId },
    leaseUntil: 1,
  };
  const process = { node: 'a/process' } as ProcessRow;
  const of = (node: NodeKey | undefined, name: string): boolean => node === `a/${name}`;

  /** Looks once, at this moment after each of these was renewed, ms. */
  async function look(agesMs: Readonly<Record<string, number>>): Promise<readonly string[]> {
    const start = systemClock.now();
    leases.holds = Object.entries(agesMs).map(([node, ageMs]) => ({
      ...{ node: node as NodeName, version: 'v', renewedAt: start - ageMs },
    }));
    await keepLeases({
      ...loopOver([start]),
      ...{ cluster: 'a' as ClusterName, leases },
      changes: {
        list: ({ node }) =>
          Promise.resolve({ rows: of(node, 'changed') ? [granted] : of(node, 'waits') ? [waiting] : [] }),
      },
      history: { processes: ({ node }) => Promise.resolve({ rows: of(node, 'process') ? [process] : [] }) },
    });
    return leases.deeds;
  }

  it('are prolonged while a process or a change has the node, and given up otherwise', async () => {
    const ages = { process: 200_000, changed: 200_000, waits: 200_000, nobody: 60_000 };
    expect(await look(ages)).toEqual(['take process', 'take changed', 'release waits v', 'release nobody v']);
  });

  it('are left alone as long as they are young', async () => {
    expect(await look({ process: 100_000, nobody: 20_000 })).toEqual([]);
  });
});
