import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { openPostgresJournal } from '../../adapters/postgres/journal.js';
import type { Together } from '../../adapters/postgres/journal/together.js';
import { clusterName, healthyCounter, wideCounters, widePools } from '../claim-fleet.js';
import { distributionOf, rounded, type Part } from '../figures.js';
import { inFlight } from '../in-flight.js';
import { progress } from '../progress.js';

type OpenJournal = Awaited<ReturnType<typeof openPostgresJournal>>;
type Present = Awaited<ReturnType<OpenJournal['guardBook']['present']>>;
type CommandId = Parameters<OpenJournal['commands']['claim']>[0];
type Budgets = Parameters<OpenJournal['commands']['claim']>[1]['budgets'];
type NodeKey = Parameters<OpenJournal['inventory']['member']>[0];

const cap = 1_000_000;

/** Room for everybody, so that what is measured is the counting. */
const wideBudgets: Budgets = wideCounters.map((counter) => ({
  ...{ counter, line: counter, operation: 'isolate', cap },
  ...(counter.includes('/rate/')
    ? { until: 'never' }
    : { until: 'returned', outOfService: { cluster: clusterName, where: {}, who: 'others' } }),
}));

/** The same with a minimum of healthy nodes of the pool, as the guard asks for it. */
const healthyBudgets: Budgets = [
  ...wideBudgets,
  {
    ...{ counter: healthyCounter, line: healthyCounter, operation: 'isolate', cap, until: 'returned' },
    outOfService: { cluster: clusterName, where: { pools: widePools }, who: 'everybody' },
  },
];

export interface ClaimBench {
  readonly journal: OpenJournal;
  /** Who asks while the book is being read shares the next reading, as with the guard. */
  readonly present: Together<undefined, Present>;
  readonly connectionString: string;
  /** Numbers of commands that nobody has claimed yet, each of its own node. */
  readonly numbers: number[];
  /** What each claim takes, and what the parts are called that measure it. */
  readonly budgets: Budgets;
  readonly suffix: string;
}

const perSecond = 200;
/** Of a connection's first claims plans are made, and of a fleet that was just written pages come to memory: they are told apart. */
const firstSeconds = 5;
const mostMilliseconds = 5;
const leastTogether = 2_000;
const together = 64;

/** Without and with a minimum of healthy nodes. */
export const claimKinds: readonly Pick<ClaimBench, 'budgets' | 'suffix'>[] = [
  { budgets: wideBudgets, suffix: '' },
  { budgets: healthyBudgets, suffix: '-healthy' },
];

/**
 * What an executor does for leave to begin: the book and the node are read, then the claim takes its counters. The fleet's picture is
 * read in the background, at most twice a second.
 */
async function claimOne({ journal, present, budgets }: ClaimBench, number: number): Promise<void> {
  const id = `p-${number}.1.1` as CommandId;
  const [{ version }] = await Promise.all([
    present.add(undefined),
    journal.inventory.member(`${clusterName}/n${number}` as NodeKey),
  ]);
  const answer = await journal.commands.claim(id, {
    ...{ by: 'bench', now: Date.now(), leaseMs: 60_000, guardVersion: version, budgets },
  });
  if (answer.kind !== 'claimed')
    throw new Error(`command ${number} was not claimed: ${JSON.stringify(answer)}`);
}

function take({ numbers }: ClaimBench, count: number): readonly number[] {
  const taken = numbers.splice(0, count);
  if (taken.length < count) throw new Error(`only ${taken.length} commands are left`);
  return taken;
}

/** Each begins at its time, whether or not those before it are done; ms from that time to the answer. */
async function atTheirTimes(numbers: readonly number[], begin: (number: number) => Promise<void>) {
  const began = performance.now();
  const latencies: number[] = [];
  const underWay: Promise<void>[] = [];
  for (const [index, number] of numbers.entries()) {
    const due = began + (index * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await pause(wait);
    underWay.push(
      begin(number).then(() => {
        latencies.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(underWay);
  return distributionOf(latencies);
}

/** Beside the floor: one row of its own updated and committed, at the same times. */
export async function measureClaims(bench: ClaimBench, seconds: number): Promise<Part> {
  const pool = new pg.Pool({ connectionString: bench.connectionString, max: 16 });
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bench_row (number integer PRIMARY KEY, used integer NOT NULL)',
  );
  const count = perSecond * seconds;
  await pool.query(
    'INSERT INTO bench_row SELECT number, 0 FROM generate_series(0, $1::integer) AS number ON CONFLICT DO NOTHING',
    [count],
  );
  progress(`${count} claims, ${perSecond} a second, and as many bare commits`);
  const floor = await atTheirTimes(
    Array.from({ length: count }, (_, number) => number),
    async (number) => {
      await pool.query({
        name: 'bench',
        text: 'UPDATE bench_row SET used = used + 1 WHERE number = $1',
        values: [number],
      });
    },
  );
  const begin = (number: number) => claimOne(bench, number);
  const first = await atTheirTimes(take(bench, perSecond * firstSeconds), begin);
  const claims = await atTheirTimes(take(bench, count), begin);
  await pool.end();
  return {
    name: `claims${bench.suffix}`,
    figures: {
      perSecond,
      floorMilliseconds: floor,
      firstMilliseconds: first,
      claimMilliseconds: claims,
      ratioOfP99: rounded(claims.p99 / floor.p99),
    },
    target: `p99 under ${mostMilliseconds} ms`,
    met: claims.p99 < mostMilliseconds,
  };
}

/** How many claims measureClaims makes. */
export function claimsOf(seconds: number): number {
  return perSecond * (firstSeconds + seconds);
}

/** As many as there is room for, so many under way at once: they go together in transactions. */
export async function measureClaimsTogether(bench: ClaimBench, count: number): Promise<Part> {
  progress(`${count} claims, ${together} under way at once`);
  const began = performance.now();
  await inFlight(take(bench, count), together, (number) => claimOne(bench, number));
  const rate = count / ((performance.now() - began) / 1_000);
  return {
    name: `claims-together${bench.suffix}`,
    figures: { claims: count, underWay: together, perSecond: Math.round(rate) },
    target: `${leastTogether} claims a second`,
    met: rate >= leastTogether,
  };
}
