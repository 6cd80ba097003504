import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepsAfterMs } from '../../../adapters/journal/kept-rooms.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { lineOfUnavailable, type BudgetClaim } from '../../../adapters/ports/journal.js';
import type { ChangeId, CommandId } from '../../../domain/identifiers.js';
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

/** So many want leave: every third is a change of somebody else. */
const wants = 15;
const caps: Readonly<Record<string, number>> = { east: 1, west: 2, gpu: 1 };
const counters = Object.keys(caps);

const needs = fc.record({
  counters: fc.uniqueArray(fc.constantFrom(...counters), { minLength: 1 }),
  /** Windows of a rate, one for each half hour. */
  rate: fc.integer({ min: 0, max: 2 }).map((chance) => chance === 0),
  isUnavailable: fc.integer({ min: 0, max: 4 }).map((chance) => chance === 0),
  until: fc.constantFrom<BudgetClaim['until']>('settled', 'settled', 'returned'),
});
const steps = fc.array(
  fc.record({
    want: fc.nat({ max: wants - 1 }),
    what: fc.constantFrom('asks', 'asks', 'asks', 'asks', 'all', 'all', 'ends', 'ends', 'rests'),
    afterMs: fc.constantFrom(0, 0, 20_000, 20_000, 60_000, 60_000, keepsAfterMs / 8),
  }),
  { minLength: 60, maxLength: 100 },
);
const cases = fc.record({ needs: fc.array(needs, { minLength: wants, maxLength: wants }), steps });
type Case = typeof cases extends fc.Arbitrary<infer Value> ? Value : never;

function budgetsOf(run: number, need: Case['needs'][number], now: number): readonly BudgetClaim[] {
  const inFlight = need.counters.map((name): BudgetClaim => {
    const budget = budgetOf(`${run}/${name}`, caps[name] ?? 1, need.until);
    const other = lineOfUnavailable(budget.counter);
    return need.isUnavailable ? { ...budget, line: other } : { ...budget, yieldsTo: other };
  });
  const window = Math.floor(now / (keepsAfterMs / 2));
  const rate = { ...budgetOf(`${run}/rate/${window}`, 1, 'never'), line: `${run}/rate` };
  return need.rate ? [...inFlight, rate] : inFlight;
}

/** As the queue hands them out. */
async function byRank(
  copy: OpenJournal,
  asked: readonly number[],
  idOf: (one: number) => CommandId,
): Promise<readonly number[]> {
  const queue = await copy.commands.claimable(Number.MAX_SAFE_INTEGER, 100_000);
  const places = new Map(queue.map(({ command }, place) => [command.id, place]));
  const placeOf = (one: number): number => places.get(idOf(one)) ?? queue.length;
  return [...asked].sort((one, other) => placeOf(one) - placeOf(other));
}

/**
 * All that can be seen of a journal, after each step.
 * @param journal.together whether those who ask at the same time ask together, or one after the other, whoever ranks first first
 */
async function playedOn(
  {
    copy,
    clock,
    together,
  }: { readonly copy: OpenJournal; readonly clock: TestClock; readonly together: boolean },
  run: number,
  given: Case,
): Promise<readonly unknown[]> {
  const begin = 1_000_000;
  clock.set(begin);
  const seen: unknown[] = [];
  const nodeOf = (want: number) => nodeNamed(`r${run}-${want}`);
  const isChange = (want: number): boolean => want % 3 === 2;
  const idOf = (want: number): ChangeId => `c-${run}-${want}` as ChangeId;
  const commandAt = (want: number) => commandOf(nodeOf(want), 1, 'isolateNode');
  const all = Array.from({ length: wants }, (_, want) => want);
  await issueCommands(copy, all.filter((want) => !isChange(want)).map(commandAt));
  for (const want of all.filter(isChange)) {
    const times = { askedAt: begin + want, leaseMs: 4 * keepsAfterMs };
    await copy.changeBook.keep(changeNamed(`${run}-${want}`, { ...times, node: nodeOf(want) }), 0);
  }
  const { version } = await copy.guardBook.present();
  // The first hour passes before anything is asked for.
  let now = begin + keepsAfterMs - 60_000;
  for (const { want, what, afterMs } of given.steps) {
    now += afterMs;
    clock.set(now);
    const need = given.needs[want];
    if (need === undefined) throw new Error('as many as want');
    const budgets = budgetsOf(run, need, now);
    if (what === 'all') {
      const asked = all.filter((one) => !isChange(one));
      const answers = new Map<number, unknown>();
      const askOf = async (one: number): Promise<void> => {
        const own = budgetsOf(run, given.needs[one] ?? need, now);
        answers.set(one, await commandStep(copy, commandAt(one), what, { budgets: own, now, version }));
      };
      if (together) await Promise.all(asked.map(askOf));
      else for (const one of await byRank(copy, asked, (of) => commandAt(of).id)) await askOf(one);
      seen.push(asked.map((one) => answers.get(one)));
    } else if (isChange(want)) seen.push(await changeStep(copy, idOf(want), what, { budgets, now, version }));
    else seen.push(await commandStep(copy, commandAt(want), what, { budgets, now, version }));
    const due = await copy.commands.claimable(now, 10_000);
    seen.push(due.map(({ command }) => command.id).filter((id) => id.startsWith(`p-a-r${run}-`)));
  }
  const waiting = await copy.guardBook.waiting({ limit: 10_000, now });
  seen.push(waiting.filter(({ node }) => node.startsWith(`a/r${run}-`)));
  seen.push((await copy.guardBook.counters()).filter(({ counter }) => counter.startsWith(`${run}/`)));
  return seen;
}

interface Asked {
  readonly budgets: readonly BudgetClaim[];
  readonly now: number;
  readonly version: number;
}

async function commandStep(
  copy: OpenJournal,
  command: ReturnType<typeof commandOf>,
  what: Case['steps'][number]['what'],
  { budgets, now, version }: Asked,
): Promise<unknown> {
  if (what === 'ends') return copy.commands.settle(resultOf(command), now);
  if (what === 'rests') return copy.commands.postpone(command.id, { until: now + 60_000, reason: 'Paused' });
  return copy.commands.claim(command.id, {
    ...{ by: 'one', now, leaseMs: 1e9, budgets, guardVersion: version },
    waits: { full: {}, behind: now + 15_000 },
  });
}

async function changeStep(
  copy: OpenJournal,
  id: ChangeId,
  what: Case['steps'][number]['what'],
  { budgets, now, version }: Asked,
): Promise<unknown> {
  const askAgainAt = now + 15_000;
  if (what === 'ends') return copy.changeBook.end(id, { how: 'cancelled', by: 'one', at: now });
  if (what === 'rests') return copy.changeBook.wait(id, { reason: 'Paused', askAgainAt });
  const answer = await copy.changeBook.grant(id, { now, budgets, guardVersion: version });
  if (answer.kind !== 'refused' || !('counter' in answer)) return answer;
  const line = budgets.find(({ counter }) => counter === answer.counter)?.line;
  await copy.changeBook.wait(id, { reason: answer.why, askAgainAt, ...(line === undefined ? {} : { line }) });
  return answer;
}

it('given whoever asks, ends and waits for something else, in whatever order and for hours, then both journals answer alike, wake the same and keep the same', async () => {
  // given
  const clock = new TestClock();
  const connectionString = await server.createDatabase();
  const options = defaultOptions(clock);
  const database = await openPostgresJournal({ ...options, connectionString });
  const memory = createMemoryJournal(options, createMemoryStore(options));
  let run = 0;
  let kept = 0;
  try {
    for (const copy of [database, memory]) await copy.upkeep.resume();
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        run += 1;
        // when
        const [stored, remembered] = [
          await playedOn({ copy: database, clock, together: true }, run, given),
          await playedOn({ copy: memory, clock, together: false }, run, given),
        ];
        // then
        expect(stored).toEqual(remembered);
        kept += stored.filter((one) => JSON.stringify([one]).includes('keptFor')).length;
      }),
      { numRuns: 20, seed: 37 },
    );
    expect(kept).toBeGreaterThan(20);
  } finally {
    await database.close();
    await memory.close();
  }
}, 120_000);
