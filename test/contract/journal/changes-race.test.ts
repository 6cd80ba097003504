import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { keepsAfterMs } from '../../../adapters/journal/kept-rooms.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import type { ChangeId } from '../../../domain/identifiers.js';
import { changeNamed } from './changes-suite.js';
import { issueCommands } from './claiming.js';
import { budgetOf, commandOf, nodeNamed, resultOf } from './decisions.js';
import { defaultOptions, TestClock, TestRandomness } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

/** With ten thousand it takes minutes: docs/guarantees.md has the last result. */
const wants = Number(process.env['FAULTLINE_RACE'] ?? 1_000);
const changes = Math.floor(0.8 * wants);
const commands = wants - changes;
/** Nodes that a command and a change both want. */
const wantedByBoth = Math.floor(0.03 * wants);
const copies = 4;
/** Every so many-th client dies with its leave. */
const dies = 40;

const caps: Readonly<Record<string, number>> = { all: 90, east: 50, west: 50, gpu: 40, kernel: 30, tiny: 20 };

/** More than there is of most counters. */
const inWave = 64;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Somebody who wants to do something to a node, once there is leave. */
interface Want {
  readonly id: string;
  /** Asks for leave. `over`: it will get none. */
  readonly ask: (copy: OpenJournal) => Promise<'granted' | 'waits' | 'over'>;
  readonly finish: (copy: OpenJournal) => Promise<void>;
}

type Fate = 'done' | 'lost' | 'abandoned' | 'process';

/** That of all and one more, in any order. */
function someBudgets(randomness: TestRandomness): readonly BudgetClaim[] {
  const others = Object.keys(caps).filter((name) => name !== 'all');
  const other = others[Math.floor(randomness.next() * others.length)] ?? 'tiny';
  const names = randomness.next() < 0.5 ? ['all', other] : [other, 'all'];
  return names.map((name) => ({ ...budgetOf(name, caps[name] ?? 0, 'settled'), line: name }));
}

/** The database itself refuses a counter above its cap; what permits and nodes say beside that is looked at all the time. */
const guards = `
  CREATE TABLE public.cap (counter text PRIMARY KEY, cap integer NOT NULL);
  CREATE FUNCTION public.no_more_than_cap() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.used > (SELECT cap FROM public.cap WHERE cap.counter = NEW.counter) THEN
      RAISE EXCEPTION 'more than there is of %', NEW.counter;
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER no_more_than_cap BEFORE INSERT OR UPDATE ON journal.budget
    FOR EACH ROW EXECUTE FUNCTION public.no_more_than_cap();`;

const wrong = `
  SELECT 'counter ' || counter || ' says ' || used || ', permits say ' || held AS what FROM (
    SELECT b.counter, b.used, (SELECT count(*) FROM journal.permit p WHERE p.counter = b.counter) AS held
    FROM journal.budget b
  ) AS counted WHERE used <> held
  UNION ALL
  SELECT 'two own ' || c.node_key FROM journal.change c JOIN journal.command o USING (node_key)
  WHERE c.status = 'granted' AND o.status = 'attempting'`;

it(`given ${copies} copies and ${changes + commands} that want leave at once, then no budget is ever exceeded and nobody is lost`, async () => {
  // given
  const connectionString = await server.createDatabase();
  const clock = new TestClock();
  // Our own commands, and half of the changes, have waited so long that they keep the rooms that they find.
  const begin = clock.now();
  const now = begin + keepsAfterMs;
  const opened = await Promise.all(
    Array.from({ length: copies }, () =>
      openPostgresJournal({ ...defaultOptions(clock), verify: false, connectionString }),
    ),
  );
  const watcher = new pg.Client({ connectionString });
  await watcher.connect();
  const [first] = opened;
  if (first === undefined) throw new Error('four');
  const fates = new Map<string, Fate>();
  const seen: string[] = [];
  let looks = 0;
  let isOver = false;
  const randomness = new TestRandomness();
  const { version } = await first.guardBook.present();

  const change = (index: number): Want => {
    const id = `c-${index}` as ChangeId;
    const isMortal = index % dies === 0;
    const askedAt = (index % 2 === 0 ? begin : now) + index;
    const leaseMs = isMortal ? now + index + 5 - askedAt : 1e9;
    const asked = changeNamed(`n${index}`, { id, leaseMs, askedAt });
    const budgets = someBudgets(randomness);
    let line: string | undefined;
    return {
      id,
      ask: async (copy) => {
        if (line === undefined) await copy.changeBook.keep(asked, 0);
        const answer = await copy.changeBook.grant(id, { now, budgets, guardVersion: version });
        if (answer.kind === 'granted') return isMortal ? 'over' : 'granted';
        if (answer.kind === 'gone') return 'over';
        if (answer.why === 'process') {
          if (await copy.changeBook.end(id, { how: 'cancelled', by: 'deployer', at: now }))
            fates.set(id, 'process');
          return 'over';
        }
        if (answer.why !== 'full' && answer.why !== 'behind') throw new Error(answer.why);
        const { counter } = answer;
        if (line !== counter)
          await copy.changeBook.wait(id, { reason: answer.why, line: counter, askAgainAt: now });
        line = counter;
        return 'waits';
      },
      finish: async (copy) => {
        if (!(await copy.changeBook.end(id, { how: 'succeeded', by: 'deployer', at: now })))
          throw new Error(`${id} was lost`);
        fates.set(id, 'done');
      },
    };
  };

  const command = (of: Command): Want => {
    const { id } = of;
    const budgets = someBudgets(randomness);
    return {
      id,
      ask: async (copy) => {
        const waits = { full: {}, behind: now };
        const answer = await copy.commands.claim(id, { by: 'one', now, leaseMs: 1e9, budgets, waits });
        if (answer.kind === 'claimed') return 'granted';
        if (answer.kind === 'gone') throw new Error(`${id} is gone`);
        if (answer.why === 'held') await copy.commands.postpone(id, { until: now, reason: answer.why });
        return 'waits';
      },
      finish: async (copy) => {
        await copy.commands.settle(resultOf(of), now);
        fates.set(id, 'done');
      },
    };
  };

  const ours = Array.from({ length: commands }, (_, index) =>
    commandOf(nodeNamed(`n${index < wantedByBoth ? index * 7 : changes + index}`), 1),
  );
  /** All of these, by so many at a time on each copy. */
  const everybody = async (
    eachWorksOn: number,
    next: () => Want | undefined,
    work: (want: Want, copy: OpenJournal) => Promise<void>,
  ): Promise<void> => {
    const worker = async (copy: OpenJournal): Promise<void> => {
      for (let want = next(); want !== undefined; want = next()) await work(want, copy);
    };
    await Promise.all(opened.flatMap((copy) => Array.from({ length: eachWorksOn }, () => worker(copy))));
  };
  const meanwhile = async (): Promise<void> => {
    while (!isOver) {
      const { rows } = await watcher.query<{ what: string }>(wrong);
      seen.push(...rows.map(({ what }) => what));
      looks += 1;
      for (const { change: dead, ended } of await first.changeBook.takeBack(now + 1e8))
        if (ended?.how === 'lost' || ended?.how === 'abandoned') fates.set(dead.id, ended.how);
      // An idle machine is through within two seconds.
      await pause(10);
    }
  };
  try {
    await watcher.query(guards);
    for (const [counter, cap] of Object.entries(caps))
      await watcher.query('INSERT INTO public.cap VALUES ($1, $2)', [counter, cap]);
    await first.upkeep.resume();
    const watching = meanwhile();
    // when all ask, and those that get leave keep it until everybody has asked
    const wants: Want[] = Array.from({ length: changes }, (_, index) => change(index));
    const granted: Want[] = [];
    const waiting = new Set<Want>();
    const issueAll = async (): Promise<void> => {
      for (let from = 0; from < commands; from += 100) {
        const part = ours.slice(from, from + 100);
        await issueCommands(first, part);
        wants.unshift(...part.map(command));
      }
    };
    const ask = async (want: Want, copy: OpenJournal): Promise<void> => {
      const answer = await want.ask(copy);
      if (answer === 'granted') granted.push(want);
      if (answer === 'waits') waiting.add(want);
    };
    await Promise.all([issueAll(), everybody(64, () => wants.shift(), ask)]);
    await everybody(64, () => wants.shift(), ask);
    expect(granted.length).toBeGreaterThan(80);
    // when those are done, and the others ask again, the first first
    await everybody(
      8,
      () => granted.shift(),
      (want, copy) => want.finish(copy),
    );
    const ranks = await watcher.query<{ id: string }>(
      `SELECT id FROM (
        SELECT id, journal.command_rank(created_at, head_start, attempts) AS rank, 0 AS kind, position FROM journal.command
        UNION ALL SELECT id, asked_at - head_start, 1, position FROM journal.change
      ) AS every ORDER BY rank, kind, position`,
    );
    const place = new Map(ranks.rows.map(({ id }, index) => [id, index]));
    const placeOf = ({ id }: Want): number => place.get(id) ?? 0;
    const queue = [...waiting].sort((a, b) => placeOf(a) - placeOf(b));
    for (let from = 0; from < queue.length; from += inWave) {
      let wave = queue.slice(from, from + inWave);
      while (wave.length > 0) {
        const answers = await Promise.all(
          wave.map(async (want, index) => {
            // Neighbours in rank ask together: whoever asks before those ahead of it is only told that it is behind.
            const copy = opened[Math.floor((index * copies) / wave.length)] ?? first;
            const answer = await want.ask(copy);
            if (answer === 'granted') await want.finish(copy);
            return answer;
          }),
        );
        wave = wave.filter((_, index) => answers[index] === 'waits');
      }
    }
    while (fates.size < changes + commands) await pause(20);
    isOver = true;
    await watching;
    // then
    expect(seen).toEqual([]);
    expect(looks).toBeGreaterThan(20);
    const counts = { done: 0, lost: 0, abandoned: 0, process: 0 };
    for (const fate of fates.values()) counts[fate] += 1;
    expect(counts.done + counts.lost + counts.abandoned + counts.process).toBe(changes + commands);
    expect(counts.done).toBeGreaterThan(commands + changes * 0.9);
    expect(counts.lost + counts.abandoned).toBeGreaterThan(changes / dies / 2);
    const used = await watcher.query('SELECT counter FROM journal.budget WHERE used > 0');
    expect(used.rows).toEqual([]);
    const tokens = await watcher.query<{ granted: number; tokens: number }>(
      'SELECT count(granted_at)::integer AS granted, count(DISTINCT token)::integer AS tokens FROM journal.change',
    );
    expect(tokens.rows[0]?.tokens).toBe(tokens.rows[0]?.granted);
  } finally {
    isOver = true;
    await Promise.all(opened.map((copy) => copy.close()));
    await watcher.end();
  }
}, 500_000);
