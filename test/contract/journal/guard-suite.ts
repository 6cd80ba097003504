import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { PauseId } from '../../../domain/identifiers.js';
import type { MetricJudgement } from '../../../domain/metric-verdict.js';
import type { EndOfPause, Incident, Pause, Regression } from '../../../domain/pause.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, report, starting } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const verdict = { by: 'anna', reason: 'half \ud800 and nothing \0', at: 7 };
const incident: Incident = {
  ...{ breaker: 'many', common: 'cluster a', shared: [], nodes: [nodeNamed('n1')], count: 1 },
  ...{ faultTypes: ['DiskFailure'], since: 5, latestAt: 6 },
};
const judgementOf = (more: Partial<MetricJudgement> = {}): MetricJudgement => ({
  ...{ metric: 'starts', says: 'bad', at: 10, value: 0.5, baseline: 1, bound: 0.9 },
  ...{ reason: 'half \ud800 and nothing \0' },
  ...more,
});
const regression: Regression = {
  ...{ since: 3, nodes: [nodeNamed('n1')], count: 1, changes: [] },
  verdict: { ...judgementOf({ reason: 'bad' }), since: 10 },
};
const pauseOf = (id: string, more: Partial<Pause> = {}): Pause => ({
  ...{ id: id as PauseId, key: id, where: { clusters: ['a'] } },
  begun: { by: 'anna', reason: 'because', at: 5 },
  ...more,
});
const thawed: EndOfPause = { how: 'thawed', by: 'anna', reason: 'done', at: 9 };

/** What the guard's book promises, on every journal. */
export function guardSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });
  const idsInForce = async (): Promise<readonly string[]> =>
    (await copy.guardBook.present()).pauses.map(({ id }) => id);

  describe('pauses', () => {
    it('are in force until they are ended, once, and stay in the history', async () => {
      const book = copy.guardBook;
      const { version } = await book.present();
      const freeze = pauseOf('z-1', { operations: ['isolate'], until: 99 });
      expect(await book.begin(freeze)).toBe(true);
      expect(await book.begin(freeze)).toBe(false);
      expect(await book.begin(pauseOf('z-2'))).toBe(true);
      const begun = await book.present();
      expect(begun.pauses).toEqual([freeze, pauseOf('z-2')]);
      expect(begun.version).toBeGreaterThan(version);
      expect(await book.end(freeze.id, thawed)).toBe(true);
      expect(await book.end(freeze.id, { ...thawed, by: 'bert' })).toBe(false);
      expect(await idsInForce()).toEqual(['z-2']);
      expect((await book.present()).version).toBeGreaterThan(begun.version);
      const first = await book.history({ limit: 1 });
      expect(first.rows).toEqual([{ pause: pauseOf('z-2') }]);
      const second = await book.history({
        limit: 5,
        ...(first.next === undefined ? {} : { after: first.next }),
      });
      expect(second.rows).toEqual([{ pause: freeze, ended: thawed }]);
      expect(await book.find(freeze.id)).toEqual({ pause: freeze, ended: thawed });
      expect(await book.find('z-2' as PauseId)).toEqual({ pause: pauseOf('z-2') });
      expect(await book.find('z-9' as PauseId)).toBeUndefined();
    });

    it('are told to subscribers, each change once and in its order, however many copies tell it', async () => {
      const { guardBook: book, pauseNews } = copy;
      expect(await pauseNews.tell(10)).toBe(0);
      const freeze = pauseOf('z-1');
      await book.begin(freeze);
      await book.begin(pauseOf('z-1'));
      await book.begin(pauseOf('z-2', { incident }));
      await book.update('z-2' as PauseId, incident);
      await book.update('z-2' as PauseId, { ...incident, count: 2 });
      await book.deny('z-2' as PauseId, { ...verdict, by: 'bert' });
      await book.end(freeze.id, thawed);
      await book.end(freeze.id, thawed);
      const copies = await Promise.all([installation.open(), installation.open()]);
      const told = await Promise.all(copies.map((other) => other.pauseNews.tell(3)));
      expect(told.reduce((sum, one) => sum + one, 0) + (await pauseNews.tell(10))).toBe(5);
      expect(await pauseNews.tell(10)).toBe(0);
      const entries = await copy.outbox.unsent([0, 1], 100);
      const saying = (key: string): readonly unknown[] =>
        entries
          .filter((entry) => entry.key === key)
          .map(({ topic, body }) => [topic, JSON.parse(String(body)) as unknown]);
      expect(saying('z-1')).toEqual([
        ['guard.pauses', { change: 'began', by: 'anna' }],
        ['guard.pauses', { change: 'ended', by: 'anna' }],
      ]);
      expect(saying('z-2')).toEqual(
        ['began', 'grew', 'denied'].map((change) => ['guard.pauses', { change, by: 'anna' }]),
      );
    });

    it('of one key are begun once by all copies together, and again when that one is over', async () => {
      const copies = await Promise.all([installation.open(), installation.open(), installation.open()]);
      const begun = await Promise.all(
        copies.map(({ guardBook }, index) => guardBook.begin(pauseOf(`z-${index}`, { key: 'many/a' }))),
      );
      expect(begun.filter((one) => one)).toHaveLength(1);
      const [inForce] = (await copy.guardBook.present()).pauses;
      if (inForce !== undefined) await copy.guardBook.end(inForce.id, thawed);
      expect(await copy.guardBook.begin(pauseOf('z-9', { key: 'many/a' }))).toBe(true);
    });

    it('that are there or over already change nothing: each look of another copy refused whoever had just asked for leave', async () => {
      const book = copy.guardBook;
      const versionAfter = async (change: Promise<boolean>): Promise<readonly [boolean, number]> => [
        await change,
        (await book.present()).version,
      ];
      const { version } = await book.present();
      expect(await versionAfter(book.end('z-1' as PauseId, thawed))).toEqual([false, version]);
      expect(await versionAfter(book.begin(pauseOf('z-1', { key: 'many/a' })))).toEqual([true, version + 1]);
      expect(await versionAfter(book.begin(pauseOf('z-2', { key: 'many/a' })))).toEqual([false, version + 1]);
      expect(await versionAfter(book.end('z-1' as PauseId, thawed))).toEqual([true, version + 2]);
      expect(await versionAfter(book.end('z-1' as PauseId, thawed))).toEqual([false, version + 2]);
    });

    it('tell which incidents were answered since, but for those that joined a greater one', async () => {
      const book = copy.guardBook;
      const begin = async (id: string, more: Partial<Pause>, end?: Partial<EndOfPause>): Promise<void> => {
        await book.begin(pauseOf(id, { where: { pools: [id] }, ...more }));
        if (end !== undefined) await book.end(id as PauseId, { ...thawed, ...end });
      };
      await begin('z-1', { incident }, { at: 8 });
      await begin('z-2', { incident }, { at: 9, how: 'approved' });
      await begin('z-3', { incident }, { at: 9, how: 'joined' });
      await begin('z-4', {}, { at: 9 });
      await begin('z-5', { incident });
      expect(await book.answeredSince(9)).toEqual([{ where: { pools: ['z-2'] }, at: 9 }]);
      expect(await book.answeredSince(8)).toHaveLength(2);
      expect(await book.answeredSince(10)).toEqual([]);
    });

    it('of incidents grow until somebody denies them; then they stay as they are', async () => {
      const book = copy.guardBook;
      const id = 'z-1' as PauseId;
      expect(await book.update(id, incident)).toBe(false);
      await book.begin(pauseOf('z-1', { incident }));
      expect(await book.update(id, { ...incident, count: 2, latestAt: 8 })).toBe(true);
      expect(await book.deny(id, verdict)).toBe(true);
      expect(await book.deny(id, verdict)).toBe(false);
      expect(await book.update(id, incident)).toBe(false);
      const [stored] = (await book.present()).pauses;
      expect(stored?.incident).toMatchObject({ count: 2, latestAt: 8, denied: { by: 'anna', at: 7 } });
      await book.begin(pauseOf('z-2'));
      expect(await book.deny('z-2' as PauseId, verdict)).toBe(false);
      await book.end(id, thawed);
      expect(await book.deny(id, verdict)).toBe(false);
    });
  });

  describe('what business metrics say', () => {
    const tenMinutes = 600_000;

    it('is known by its latest verdict; what says something else is recorded, and the same every ten minutes', async () => {
      const book = copy.guardBook;
      expect((await book.present()).verdicts).toEqual([]);
      for (const at of [10, 20]) await book.judge(judgementOf({ at }));
      await book.judge(judgementOf({ says: 'unknown', at: 30 }));
      await book.judge(judgementOf({ says: 'good', at: 40 }));
      await book.judge(judgementOf({ says: 'good', at: 40 + tenMinutes - 1 }));
      const latest = { says: 'good', at: 40 + tenMinutes, since: 40, value: 0.5, baseline: 1, bound: 0.9 };
      await book.judge(judgementOf({ says: 'good', at: latest.at }));
      await book.judge({ metric: 'latency', says: 'unknown', at: 50, reason: 'no answer' });
      const reason = 'half \ufffd and nothing \ufffd';
      expect((await book.present()).verdicts).toEqual([
        { metric: 'latency', says: 'unknown', at: 50, since: 50, reason: 'no answer', overruled: false },
        { metric: 'starts', ...latest, reason, overruled: false },
      ]);
      const recorded = await book.verdicts({ metric: 'starts', limit: 10 });
      expect(recorded.rows.map(({ says, at, since }) => [says, at, since])).toEqual([
        ['good', 40 + tenMinutes, 40],
        ['good', 40, 40],
        ['unknown', 30, 10],
        ['bad', 10, 10],
      ]);
      const first = await book.verdicts({ limit: 2 });
      expect(first.rows.map(({ metric }) => metric)).toEqual(['latency', 'starts']);
      const after = first.next === undefined ? {} : { after: first.next };
      const second = await book.verdicts({ metric: 'starts', limit: 5, ...after });
      expect(second.rows.map(({ at }) => at)).toEqual([40, 30, 10]);
    });

    it('is another question by another rule: its time begins anew, and whoever asked for leave before gets none', async () => {
      const book = copy.guardBook;
      await book.judge(judgementOf());
      await book.judge(judgementOf({ at: 20, rule: 'one' }));
      const { version, verdicts } = await book.present();
      expect(verdicts).toMatchObject([{ since: 10, rule: 'one' }]);
      await book.judge(judgementOf({ at: 30, rule: 'other' }));
      await book.judge(judgementOf({ at: 40, rule: 'other' }));
      const after = await book.present();
      expect(after.verdicts).toMatchObject([{ since: 30, rule: 'other' }]);
      expect(after.version).toBeGreaterThan(version);
      const { rows } = await book.verdicts({ metric: 'starts', limit: 10 });
      expect(rows.map(({ at }) => at)).toEqual([30, 10]);
    });

    it('is judged by all copies together: what is recorded is recorded once', async () => {
      const copies = await Promise.all([installation.open(), installation.open(), installation.open()]);
      await Promise.all(copies.map(({ guardBook }) => guardBook.judge(judgementOf())));
      expect((await copy.guardBook.verdicts({ limit: 10 })).rows).toHaveLength(1);
    });

    it('makes a claim ask again when it says something else', async () => {
      const book = copy.guardBook;
      await book.judge(judgementOf());
      const { version } = await book.present();
      await book.judge(judgementOf({ at: 11 }));
      expect((await book.present()).version).toBe(version);
      await book.judge(judgementOf({ says: 'good', at: 12 }));
      expect((await book.present()).version).toBeGreaterThan(version);
    });

    it('is overruled when a person ends its pause, until it has been good again', async () => {
      const book = copy.guardBook;
      const overruled = async () => (await book.present()).verdicts.map((one) => one.overruled);
      const begin = async (id: string, how: EndOfPause['how'], at: number): Promise<void> => {
        await book.begin(pauseOf(id, { key: 'metric:starts', regression }));
        await book.end(id as PauseId, { ...thawed, how, at });
      };
      await book.judge(judgementOf());
      await begin('z-1', 'over', 20);
      expect(await overruled()).toEqual([false]);
      await begin('z-2', 'approved', 9);
      expect(await overruled()).toEqual([false]);
      await begin('z-3', 'thawed', 20);
      expect(await overruled()).toEqual([true]);
      await book.judge(judgementOf({ says: 'unknown', at: 30 }));
      expect(await overruled()).toEqual([true]);
      await book.judge(judgementOf({ says: 'good', at: 40 }));
      await book.judge(judgementOf({ at: 50 }));
      expect(await overruled()).toEqual([false]);
    });

    it('makes a pause that a person may say no to, once', async () => {
      const book = copy.guardBook;
      await book.begin(pauseOf('z-1', { key: 'metric:starts', regression }));
      expect(await book.deny('z-1' as PauseId, verdict)).toBe(true);
      expect(await book.deny('z-1' as PauseId, verdict)).toBe(false);
      const [stored] = (await book.present()).pauses;
      expect(stored?.regression).toMatchObject({ ...regression, denied: { by: 'anna', at: 7 } });
      expect(stored).not.toHaveProperty('incident');
      expect(await book.answeredSince(0)).toEqual([]);
    });
  });

  describe('a claim by what the guard said', () => {
    it('before a pause began or ended is refused, and nothing is taken', async () => {
      const [first, second] = [commandOf(nodeNamed('n1'), 1), commandOf(nodeNamed('n2'), 1)];
      const inputs = [report(first.node), report(second.node)];
      await copy.journal.advance(batch(inputs, { decide: starting([first, second]) }));
      const now = installation.clock.now();
      const budgets = [budgetOf('isolate/in-flight/a', 1, 'settled')];
      const claimOf = (guardVersion: number, { id } = first) =>
        copy.commands.claim(id, { by: 'one', now, leaseMs: 100, budgets, guardVersion });
      const { version } = await copy.guardBook.present();
      await copy.guardBook.begin(pauseOf('z-1'));
      expect(await claimOf(version)).toEqual({ kind: 'refused', why: 'changed' });
      const { version: begun } = await copy.guardBook.present();
      await copy.guardBook.end('z-1' as PauseId, thawed);
      expect(await claimOf(begun)).toEqual({ kind: 'refused', why: 'changed' });
      const { version: ended } = await copy.guardBook.present();
      expect(await claimOf(ended)).toMatchObject({ kind: 'claimed' });
      expect(await claimOf(ended, second)).toMatchObject({ kind: 'refused', why: 'full' });
    });
  });

  describe('what the guard is told', () => {
    it('are processes that began since, with their faults', async () => {
      const [first, second] = [commandOf(nodeNamed('n1'), 1), commandOf(nodeNamed('n2'), 1)];
      const decide = starting([first, second]);
      await copy.journal.advance(batch([report(first.node), report(second.node)], { decide }));
      const cases = await copy.guardBook.cases({ since: 0, limit: 10 });
      expect(cases.map(({ node, faultType }) => [node, faultType])).toEqual([
        [first.node, 'DiskFailure'],
        [second.node, 'DiskFailure'],
      ]);
      const stages = await Promise.all(
        cases.map(async ({ node }) => (await copy.history.state(node))?.process?.context.enteredAt),
      );
      expect(cases.map(({ enteredAt }) => enteredAt)).toEqual(stages);
      expect(await copy.guardBook.cases({ since: 0, limit: 1 })).toHaveLength(1);
      const later = Math.max(...cases.map(({ at }) => at)) + 1;
      expect(await copy.guardBook.cases({ since: later, limit: 10 })).toEqual([]);
    });

    it('are processes by when they were decided, however long the log held them back, as long as they run', async () => {
      const hourMs = 3_600_000;
      const command = commandOf(nodeNamed('n1'), 1);
      const begunAt = installation.clock.now();
      installation.clock.set(begunAt + hourMs);
      await copy.journal.advance(batch([report(command.node)], { decide: starting([command]) }));
      // Steps that it takes later change nothing about when it was decided.
      installation.clock.set(begunAt + 2 * hourMs);
      const next = commandOf(nodeNamed('n1'), 2);
      await copy.journal.advance(batch([report(command.node)], { decide: starting([next]) }));
      const found = (since: number, byDecision?: true) =>
        copy.guardBook.cases({ since, limit: 10, ...(byDecision === undefined ? {} : { byDecision }) });
      expect(await found(begunAt + 1)).toEqual([]);
      expect(await found(begunAt)).toMatchObject([{ node: command.node, at: begunAt }]);
      const decided = [{ node: command.node, at: begunAt + hourMs }];
      expect(await found(begunAt, true)).toMatchObject(decided);
      expect(await found(begunAt + hourMs, true)).toMatchObject(decided);
      expect(await found(begunAt + hourMs + 1, true)).toEqual([]);
      await copy.journal.advance(batch([report(command.node)], { decide: ending }));
      expect(await found(begunAt + 1, true)).toEqual([]);
    });

    it('is who waits for leave, with the reason and the place in line', async () => {
      const commands = ['n1', 'n2', 'n3'].map((name) => commandOf(nodeNamed(name), 1, 'isolateNode'));
      const inputs = commands.map(({ node }) => report(node));
      await copy.journal.advance(batch(inputs, { decide: starting(commands) }));
      const now = installation.clock.now();
      const [a, b, c] = commands;
      if (a === undefined || b === undefined || c === undefined) throw new Error('three');
      const line = 'isolate/in-flight/a';
      await copy.commands.postpone(c.id, { until: now + 5, reason: 'BudgetFull: x', line });
      await copy.commands.postpone(a.id, { until: now + 9, reason: 'BudgetFull: x', line });
      expect(await copy.guardBook.waiting({ limit: 10, now })).toEqual(
        [a, c].map(({ id: commandId, processId, node, type, faultType }, index) => ({
          ...{ commandId, processId, node, type, faultType, reason: 'BudgetFull: x', place: index + 1 },
          ...{ waitingSince: now, askedAgainAt: now + (index === 0 ? 9 : 5) },
        })),
      );
      expect(await copy.guardBook.waiting({ limit: 10, now, node: c.node })).toMatchObject([{ place: 2 }]);
      await copy.commands.postpone(b.id, { until: now + 1, reason: 'Paused: z-1 (x)' });
      const [, paused] = await copy.guardBook.waiting({ limit: 10, now });
      expect(paused).toMatchObject({ commandId: b.id, reason: 'Paused: z-1 (x)' });
      expect(paused).not.toHaveProperty('place');
    });

    it('is what counters hold', async () => {
      const command = commandOf(nodeNamed('n1'), 1);
      await copy.journal.advance(batch([report(command.node)], { decide: starting([command]) }));
      expect(await copy.guardBook.counters()).toEqual([]);
      const budgets = [budgetOf('b/rate', 3, 'never'), budgetOf('a/in-flight', 3, 'settled')];
      const now = installation.clock.now();
      await copy.commands.claim(command.id, { by: 'one', now, leaseMs: 10, budgets });
      expect(await copy.guardBook.counters()).toEqual([
        { counter: 'a/in-flight', used: 1 },
        { counter: 'b/rate', used: 1 },
      ]);
    });
  });
}
