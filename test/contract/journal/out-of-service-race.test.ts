import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { BudgetClaim, FleetMember, OutOfService } from '../../../adapters/ports/journal.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, report, resultOf, starting } from './decisions.js';
import { defaultOptions, TestClock, TestRandomness } from './harness.js';
import { outOfServiceTwice } from './kept-out-of-service.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const nodes = 160;
const copies = 3;
/** Commands that each copy claims at once, and then gives back at once. */
const inWave = 12;
const lists = 80;
const cap = 10_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const now = new TestClock().now();
const names = Array.from({ length: nodes }, (_, index) => `n${index}`);
const isolationOf = (name: string) => commandOf(nodeNamed(name), 1, 'isolateNode');

function counting(counter: string, who: OutOfService['who'], where: OutOfService['where'] = {}): BudgetClaim {
  return { ...budgetOf(counter, cap, 'returned'), outOfService: { cluster: 'a', where, who } };
}
const budgets = [
  counting('isolate/in-flight/a', 'others'),
  counting('pools/healthy/a/p0', 'everybody', { pools: ['p0'], labels: { rack: ['r0', 'r1'] } }),
];

function someMember(name: string, randomness: TestRandomness): FleetMember {
  const place = (kind: string): string => `${kind}${Math.floor(randomness.next() * 2)}`;
  return {
    ...{ node: nodeNamed(name), pool: place('p'), zone: place('z'), labels: { rack: place('r') } },
    ...{ unavailable: randomness.next() < 0.3, controlPlane: false },
  };
}

/** Takes nodes out and gives them back, again and again: some when the process ends, some when it returns them. */
async function takesOut(copy: OpenJournal, partition: number): Promise<void> {
  const wanted = names.filter((_, index) => index % copies === partition);
  for (let from = 0; from < wanted.length; from += inWave) {
    const commands = wanted.slice(from, from + inWave).map(isolationOf);
    const asked = commands.map(({ node }) => report(node));
    await copy.journal.advance(batch(asked, { partition, decide: starting(commands) }));
    const claims = commands.map(({ id }) =>
      copy.commands.claim(id, { by: 'one', now, leaseMs: 60_000, budgets }),
    );
    for (const answer of await Promise.all(claims)) expect(answer).toMatchObject({ kind: 'claimed' });
    await Promise.all(commands.map((command) => copy.commands.settle(resultOf(command), now)));
    const over = commands.slice(0, Math.floor(inWave / 2)).map(({ node }) => report(node, 'over'));
    await copy.journal.advance(batch(over, { partition, decide: ending }));
    await copy.commands.releaseEnded();
  }
}

/** Nodes join, leave, move and fall ill; now and then the whole is listed anew. */
async function listsTheFleet(copy: OpenJournal, randomness: TestRandomness): Promise<void> {
  for (let list = 0; list < lists; list += 1) {
    const some = names.filter(() => randomness.next() < 0.1);
    const changed = some.map((name) => someMember(name, randomness)).reverse();
    const gone = names.filter((name) => !some.includes(name) && randomness.next() < 0.02).map(nodeNamed);
    if (list % 10 === 5) {
      const there = names.filter(() => randomness.next() < 0.9);
      await copy.inventory.replace('a', there.map((name) => someMember(name, randomness)).reverse(), now);
    } else await copy.inventory.change('a', { changed, gone }, now);
  }
}

it('given copies that take nodes out and give them back while others list the fleet, then at each moment as many are kept as out of service as there are, and nobody blocks another for ever', async () => {
  const connectionString = await server.createDatabase();
  const opened = await Promise.all(
    Array.from({ length: copies }, () =>
      openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString }),
    ),
  );
  const [first] = opened;
  const watcher = new pg.Client({ connectionString });
  await watcher.connect();
  try {
    if (first === undefined) throw new Error('copies');
    const randomness = new TestRandomness();
    await first.inventory.replace(
      'a',
      names.map((name) => someMember(name, randomness)),
      now,
    );
    const ended = new AbortController();
    const work = Promise.all([
      ...opened.map(takesOut),
      ...opened.slice(0, 2).map((copy) => listsTheFleet(copy, randomness)),
    ]).finally(() => {
      ended.abort();
    });
    let looks = 0;
    while (!ended.signal.aborted) {
      const { kept, counted } = await outOfServiceTwice(watcher);
      expect(kept).toEqual(counted);
      looks += 1;
    }
    await work;
    expect(looks).toBeGreaterThan(10);
    const { kept, counted } = await outOfServiceTwice(watcher);
    expect(Object.keys(counted).length).toBeGreaterThan(4);
    expect(kept).toEqual(counted);
    const { rows } = await watcher.query<{ stray: string; lines: string }>(
      `SELECT (SELECT count(*) FROM journal.node_service WHERE held < 0 OR (cluster IS NULL AND held = 0)) AS stray,
        (SELECT count(*) FROM journal.out_of_service) AS lines`,
    );
    expect(rows).toEqual([{ stray: '0', lines: expect.any(String) as string }]);
    // Far more were written: they are folded as they come.
    expect(Number(rows[0]?.lines)).toBeLessThan(300);
  } finally {
    await watcher.end();
    await Promise.all(opened.map((copy) => copy.close()));
  }
}, 120_000);
