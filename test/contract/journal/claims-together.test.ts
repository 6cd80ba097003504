import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { BudgetClaim, ClaimAnswer, OutOfService } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import { changeNamed } from './changes-suite.js';
import { issueCommands } from './claiming.js';
import { budgetOf, commandOf, nodeNamed, resultOf } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Counters that an ask may need, beside that of all. */
const others = ['east', 'west', 'gpu'] as const;
/** Whom some of them count beside what is taken. */
const counted: Readonly<Record<string, OutOfService['who']>> = { east: 'others', gpu: 'everybody' };

/** What becomes of one command before the batch, and what it asks for in the batch. */
const asks = fc.record({
  needs: fc.record({ east: fc.boolean(), west: fc.boolean(), gpu: fc.boolean() }),
  cap: fc.integer({ min: 1, max: 9 }),
  until: fc.constantFrom('returned', 'returned', 'settled', 'never'),
  before: fc.constantFrom(
    'nothing',
    'nothing',
    'nothing',
    'waits',
    'claimed',
    'settled',
    'settled',
    'notDue',
    'held',
  ),
  /** The second command of the node of the ask before. */
  sameNode: fc.integer({ min: 0, max: 2 }).map((chance) => chance === 0),
  /** Its node is out of service. */
  isOut: fc.integer({ min: 0, max: 4 }).map((chance) => chance === 0),
  /** It may also only be there, and ask for nothing. */
  asks: fc.integer({ min: 0, max: 3 }).map((chance) => chance > 0),
  staleGuard: fc.integer({ min: 0, max: 6 }).map((chance) => chance === 0),
});
type Ask = typeof asks extends fc.Arbitrary<infer Value> ? Value : never;
const cases = fc.array(asks, { minLength: 2, maxLength: 9 });

interface Asked {
  readonly ask: Ask;
  readonly command: Command;
  readonly budgets: readonly BudgetClaim[];
}

/** When everything is before, and when it is asked for together. */
const [before, now] = [2_000_000, 3_000_000];

/** Nodes and counters of a run are its own: all runs share a database. */
function askedOf(run: number, given: readonly Ask[]): readonly Asked[] {
  let node = nodeNamed(`r${run}-0`);
  let number = 0;
  return given.map((ask, place) => {
    number = ask.sameNode && place > 0 ? number + 1 : 1;
    if (number === 1) node = nodeNamed(`r${run}-${place}`);
    const needed = ['all', ...others.filter((name) => ask.needs[name])];
    const budgets = needed.map((name) => {
      const who = counted[name];
      const outOfService =
        who === undefined ? {} : { outOfService: { cluster: 'a', where: { pools: [`${run}`] }, who } };
      return { ...budgetOf(`${run}/${name}`, ask.cap, ask.until), ...outOfService };
    });
    return { ask, command: commandOf(node, number), budgets };
  });
}

/** As the queue hands them out; what is behind another command of its node comes last, and gets nothing anyway. */
async function byRank(copy: OpenJournal, asked: readonly Asked[]): Promise<readonly Asked[]> {
  const queue = await copy.commands.claimable(Number.MAX_SAFE_INTEGER, 10_000);
  const places = new Map(queue.map(({ command }, place) => [command.id, place]));
  const placeOf = ({ command }: Asked): number => places.get(command.id) ?? queue.length;
  return [...asked].sort((one, other) => placeOf(one) - placeOf(other));
}

/**
 * The same in both journals: what was before, then claims that are asked for in one turn, or one after the other in the order of
 * their ranks. Answers are in the order of the asks.
 */
async function outcomeOf(
  copy: OpenJournal,
  run: number,
  given: readonly Ask[],
  together: boolean,
): Promise<{ readonly answers: readonly ClaimAnswer[]; readonly counters: unknown }> {
  const asked = askedOf(run, given);
  const { version } = await copy.guardBook.present();
  const members = asked.map(({ ask, command: { node } }) => ({
    ...{ node, pool: `${run}`, zone: 'z', labels: {}, unavailable: ask.isOut, controlPlane: false },
  }));
  const changed = [...new Map(members.map((member) => [member.node, member])).values()];
  await copy.inventory.change('a', { changed, gone: [] }, before);
  for (const { command } of asked.filter(({ ask }) => ask.before === 'held')) {
    const change = changeNamed(`${run}-${command.id}`, { node: command.node, askedAt: now });
    await copy.changeBook.keep(change, 0);
    await copy.changeBook.grant(change.id, { now, budgets: [], guardVersion: version });
  }
  await issueCommands(
    copy,
    asked.map(({ command }) => command),
  );
  const claim = ({ ask, command, budgets }: Asked): Promise<ClaimAnswer> =>
    copy.commands.claim(command.id, {
      ...{ by: 'one', now, leaseMs: 100, budgets },
      guardVersion: ask.staleGuard ? version + 1 : version,
      waits: { full: {}, behind: now + 1 },
    });
  for (const { ask, command, budgets } of asked) {
    if (ask.before === 'waits') {
      await copy.commands.postpone(command.id, {
        until: now,
        reason: 'BudgetFull',
        line: budgets.at(-1)?.line ?? '',
      });
    }
    if (ask.before === 'notDue')
      await copy.commands.postpone(command.id, { until: now + 1, reason: 'Later' });
    if (ask.before === 'claimed' || ask.before === 'settled') {
      await copy.commands.claim(command.id, {
        by: 'before',
        now: before,
        leaseMs: 100,
        budgets,
        guardVersion: version,
      });
    }
    if (ask.before === 'settled') await copy.commands.settle(resultOf(command), now);
  }
  const wanted = asked.filter(({ ask }) => ask.asks);
  const answered = new Map<Asked, ClaimAnswer>();
  const ask = async (one: Asked): Promise<void> => void answered.set(one, await claim(one));
  if (together) await Promise.all(wanted.map(ask));
  else for (const one of await byRank(copy, wanted)) await ask(one);
  const answers = wanted.map((one) => answered.get(one) ?? { kind: 'gone' as const });
  const counters = (await copy.guardBook.counters()).filter(({ counter }) => counter.startsWith(`${run}/`));
  return { answers, counters };
}

it('given commands that ask together, then each is answered as if they had asked one after the other, whoever ranks first first', async () => {
  // given
  const clock = new TestClock();
  const connectionString = await server.createDatabase();
  const options = defaultOptions(clock);
  const database = await openPostgresJournal({ ...options, connectionString });
  const memory = createMemoryJournal(options, createMemoryStore(options));
  let run = 0;
  const kinds = new Map<string, number>();
  try {
    for (const copy of [database, memory]) await copy.upkeep.resume();
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        run += 1;
        // when
        const [together, oneByOne] = [
          await outcomeOf(database, run, given, true),
          await outcomeOf(memory, run, given, false),
        ];
        // then
        expect(together).toEqual(oneByOne);
        for (const answer of together.answers) {
          const kind = answer.kind === 'refused' ? answer.why : answer.kind;
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        }
      }),
      { numRuns: 60, seed: 6 },
    );
    expect([...kinds.keys()].sort()).toEqual(['behind', 'changed', 'claimed', 'full', 'gone', 'held']);
  } finally {
    await database.close();
    await memory.close();
  }
});
