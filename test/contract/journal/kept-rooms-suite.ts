import { describe, expect, it } from 'vitest';
import { keepsAfterMs } from '../../../adapters/journal/kept-rooms.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { GrantAnswer } from '../../../adapters/ports/change-book.js';
import { lineOfUnavailable, type BudgetClaim, type ClaimAnswer } from '../../../adapters/ports/journal.js';
import { waitingReason } from '../../../adapters/ports/line-wait.js';
import type { Command } from '../../../domain/command.js';
import type { ChangeId, CommandId } from '../../../domain/identifiers.js';
import { changeNamed } from './changes-suite.js';
import { issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, nodeNamed, report, resultOf } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

/** What whoever needs several counters may expect that are all full and waited for, on every journal. */
export function keptRoomsSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let begin: number;
  let old: number;
  eachFresh(harness, async (fresh) => {
    ({ installation, copy } = fresh);
    begin = installation.clock.now();
    old = begin + keepsAfterMs;
    await copy.upkeep.resume();
  });
  const a = budgetOf('a/in-flight', 1, 'settled');
  const b = budgetOf('b/in-flight', 1, 'settled');
  const named = (name: string): Command => commandOf(nodeNamed(name), 1, 'isolateNode');
  /** Asks, and stands in line where it is refused. */
  const ask = ({ id }: Command, budgets: readonly BudgetClaim[], at = old): Promise<ClaimAnswer> =>
    copy.commands.claim(id, {
      ...{ by: 'one', now: at, leaseMs: 1e9, budgets },
      waits: { full: {}, behind: Math.max(at, old) + 60_000 },
    });
  const due = async (at = old): Promise<readonly CommandId[]> =>
    (await copy.commands.claimable(at, 100)).map(({ command }) => command.id);
  const settle = (command: Command): Promise<boolean> => copy.commands.settle(resultOf(command), old);
  const grant = async (id: ChangeId, budgets: readonly BudgetClaim[], at = old): Promise<GrantAnswer> => {
    const { version } = await copy.guardBook.present();
    return copy.changeBook.grant(id, { now: at, budgets, guardVersion: version });
  };
  const keptForBoth = { kind: 'refused', why: 'full', counter: a.counter, keptFor: nodeNamed('both') };
  /** Room of a, and of b, is taken; who needs both has waited for it, and so have those who come after it and need one. */
  const allFull = async (): Promise<Record<'ofA' | 'ofB' | 'both' | 'nextOfA' | 'nextOfB', Command>> => {
    const [ofA, ofB, both] = [named('of-a'), named('of-b'), named('both')];
    const [nextOfA, nextOfB] = [named('next-of-a'), named('next-of-b')];
    await issueCommands(copy, [ofA, ofB, both, nextOfA, nextOfB]);
    await ask(ofA, [a], begin);
    await ask(ofB, [b], begin);
    expect(await ask(both, [a, b], begin)).toMatchObject({ why: 'full', counter: a.counter });
    expect(await ask(nextOfA, [a], begin)).toMatchObject({ why: 'full' });
    expect(await ask(nextOfB, [b], begin)).toMatchObject({ why: 'full' });
    return { ofA, ofB, both, nextOfA, nextOfB };
  };
  /** And then a has room, which is kept. */
  const keptOfA = async (): Promise<Record<'ofB' | 'both' | 'nextOfA' | 'nextOfB', Command>> => {
    const all = await allFull();
    await settle(all.ofA);
    expect(await ask(all.both, [a, b])).toEqual({ kind: 'refused', why: 'full', counter: b.counter });
    return all;
  };

  describe('a room that is kept', () => {
    it('has whoever needs two counters get both, though each is waited for by others whenever it has room (it was passed for ever)', async () => {
      const { ofB, both, nextOfA, nextOfB } = await keptOfA();
      expect(await due()).toEqual([nextOfA.id]);
      expect(await ask(nextOfA, [a])).toEqual(keptForBoth);
      await settle(ofB);
      expect(await due()).toEqual([both.id]);
      expect(await ask(nextOfB, [b], old + 60_000)).toMatchObject({ why: 'behind' });
      expect(await ask(both, [a, b])).toMatchObject({ kind: 'claimed' });
      expect(await ask(nextOfA, [a], old + 60_000)).toEqual({
        kind: 'refused',
        why: 'full',
        counter: a.counter,
      });
      await settle(both);
      expect(await ask(nextOfA, [a], old + 60_000)).toMatchObject({ kind: 'claimed' });
      expect(await ask(nextOfB, [b], old + 120_000)).toMatchObject({ kind: 'claimed' });
    });

    it('is none before it has waited for an hour, nor at the end of the second one: others go on', async () => {
      const { ofA, both, nextOfA } = await allFull();
      await settle(ofA);
      expect(await ask(both, [a, b], old - 1)).toMatchObject({ why: 'full', counter: b.counter });
      expect(await due(old - 1)).toContain(nextOfA.id);
      expect(await ask(nextOfA, [a], old - 1)).toMatchObject({ kind: 'claimed' });
      await settle(nextOfA);
      const late = begin + 1.75 * keepsAfterMs;
      expect(await ask(both, [a, b], late)).toMatchObject({ counter: b.counter });
      const other = named('other');
      await issueCommands(copy, [other]);
      expect(await ask(other, [a], late)).toMatchObject({ kind: 'claimed' });
    });

    it('is one of each counter, of the narrowest first, and of a rate last', async () => {
      const wide = { ...a, cap: 3 };
      const rate = { ...budgetOf('a/rate/1', 1, 'never'), line: 'a/rate' };
      const [ofRate, both, other] = [named('of-rate'), named('both'), named('other')];
      await issueCommands(copy, [ofRate, both, other]);
      await ask(ofRate, [rate], begin);
      expect(await ask(both, [rate, wide, b])).toMatchObject({ counter: rate.counter });
      expect(await ask(other, [b])).toMatchObject({ counter: b.counter, keptFor: nodeNamed('both') });
      const others = [named('o1'), named('o2'), named('o3')];
      await issueCommands(copy, others);
      const answers = [];
      for (const one of others) answers.push(await ask(one, [wide]));
      expect(answers).toEqual([
        { kind: 'claimed', attempt: 1 },
        { kind: 'claimed', attempt: 1 },
        { ...keptForBoth },
      ]);
      const nextWindow = { ...rate, counter: 'a/rate/2' };
      expect(await ask(both, [nextWindow, wide, b], old + 60_000)).toMatchObject({ kind: 'claimed' });
    });

    it('holds up nobody who comes before the one for whom it is kept', async () => {
      const severe = await installation.open({
        headStartMs: ({ node }) => (node === nodeNamed('severe') ? 4 * keepsAfterMs : 0),
      });
      await keptOfA();
      const first = named('severe');
      await issueCommands(severe, [first]);
      expect(await ask(first, [a])).toMatchObject({ kind: 'claimed' });
    });

    it('holds up nobody whose process has a node out, but for one whose process has: what is waited for may be what that gives back', async () => {
      const rate = { ...budgetOf('a/rate/1', 1, 'never'), line: 'a/rate' };
      const out = budgetOf('z/in-flight', 9, 'returned');
      const [ofRate, both, other] = [named('of-rate'), named('both'), named('other')];
      const [first, second] = [1, 2].map((number) => commandOf(nodeNamed('begun'), number));
      const [third, fourth] = [1, 2].map((number) => commandOf(nodeNamed('later'), number));
      if (first === undefined || second === undefined || third === undefined || fourth === undefined)
        throw new Error('four');
      await issueCommands(copy, [ofRate, both, first, second, third, fourth, other]);
      for (const one of [first, third]) {
        await ask(one, [out], begin);
        await settle(one);
      }
      await ask(ofRate, [rate], begin);
      expect(await ask(both, [a, rate])).toMatchObject({ counter: rate.counter });
      expect(await ask(other, [a])).toEqual(keptForBoth);
      expect(await ask(second, [a, rate])).toMatchObject({ why: 'full', counter: rate.counter });
      expect(await ask(fourth, [a])).toEqual({ ...keptForBoth, keptFor: nodeNamed('begun') });
      await settle(second);
      expect(await ask(fourth, [a], old + 60_000)).toMatchObject({ kind: 'claimed' });
    });

    it.each<[string, (one: Command) => Promise<unknown>]>([
      [
        'waits for what no room helps against',
        ({ id }) => copy.commands.postpone(id, { until: old + 1e6, reason: 'Paused' }),
      ],
      ['is over', settle],
      [
        'waits for something else',
        ({ id }) => copy.commands.postpone(id, { until: old + 1e6, reason: 'BudgetFull', line: 'c' }),
      ],
    ])(
      'is given up when the one that keeps it %s, and the next in line is asked at once',
      async (_, leave) => {
        const { both, nextOfA } = await keptOfA();
        expect(await ask(nextOfA, [a])).toEqual(keptForBoth);
        expect(await due()).toEqual([]);
        await leave(both);
        expect(await due()).toEqual(expect.arrayContaining([nextOfA.id]));
        expect(await ask(nextOfA, [a])).toMatchObject({ kind: 'claimed' });
      },
    );

    it('is given up while the node is parked', async () => {
      const { both, nextOfA } = await keptOfA();
      const decide = (): never => {
        throw new Error('nothing can be decided');
      };
      await copy.journal.advance(batch([report(both.node)], { decide }));
      expect(await ask(nextOfA, [a])).toMatchObject({ kind: 'claimed' });
    });

    it('is told as the reason of whoever waits for it', async () => {
      const { nextOfA } = await keptOfA();
      await ask(nextOfA, [a]);
      const [row] = await copy.guardBook.waiting({ node: nextOfA.node, limit: 1, now: old });
      expect(row?.reason ?? '').toBe(`KeptBack: ${a.counter} for ${nodeNamed('both')}`);
      expect(waitingReason({ why: 'full', counter: 'x', keptFor: nodeNamed('n') })).toBe(
        'KeptBack: x for a/n',
      );
    });

    it('of a node in service is there for one that is unavailable already', async () => {
      const inService = { ...a, yieldsTo: lineOfUnavailable(a.counter) };
      const unavailable = { ...a, line: inService.yieldsTo };
      const { ofA, both, nextOfA } = await allFull();
      await settle(ofA);
      expect(await ask(both, [inService, b])).toMatchObject({ counter: b.counter });
      expect(await ask(nextOfA, [unavailable])).toMatchObject({ kind: 'claimed' });
    });

    it('is there for changes of others too, as long as their clients live', async () => {
      const { ofA, ofB, nextOfA, both } = await allFull();
      const leaseMs = 2 * keepsAfterMs;
      const { id } = (
        await copy.changeBook.keep(changeNamed('change', { askedAt: begin, leaseMs }), keepsAfterMs)
      ).change;
      await settle(ofA);
      await settle(both);
      expect(await grant(id, [a, b])).toMatchObject({ why: 'full', counter: b.counter });
      await copy.changeBook.wait(id, { reason: 'BudgetFull', line: b.line, askAgainAt: old + 60_000 });
      expect(await ask(nextOfA, [a])).toMatchObject({ keptFor: nodeNamed('change') });
      await settle(ofB);
      expect(await grant(id, [a, b])).toEqual({ kind: 'granted' });
      expect(await ask(nextOfA, [a], old + 60_000)).toEqual({
        kind: 'refused',
        why: 'full',
        counter: a.counter,
      });
    });

    it.each<[string, (id: ChangeId) => Promise<unknown>]>([
      ['waits for something else', (id) => copy.changeBook.wait(id, { reason: 'Paused', askAgainAt: old })],
      [
        'waits for what comes late, in its line',
        (id) =>
          copy.changeBook.wait(id, {
            reason: 'B',
            line: b.line,
            askAgainAt: old + 60_000,
            keepsNothing: true,
          }),
      ],
      ['is cancelled', (id) => copy.changeBook.end(id, { how: 'cancelled', by: 'deployer', at: old })],
    ])('of a change is given up when it %s', async (_, leave) => {
      const { ofA, nextOfA, both } = await allFull();
      const leaseMs = 2 * keepsAfterMs;
      const { id } = (
        await copy.changeBook.keep(changeNamed('change', { askedAt: begin, leaseMs }), keepsAfterMs)
      ).change;
      await settle(ofA);
      await settle(both);
      await grant(id, [a, b]);
      await copy.changeBook.wait(id, { reason: 'BudgetFull', line: b.line, askAgainAt: old + 60_000 });
      await ask(nextOfA, [a]);
      expect(await due()).toEqual([]);
      await leave(id);
      expect(await due()).toEqual(expect.arrayContaining([nextOfA.id]));
      expect(await ask(nextOfA, [a])).toMatchObject({ kind: 'claimed' });
    });

    it('of a change is nobody’s when its lease ran out', async () => {
      const { ofA, nextOfA, both } = await allFull();
      const leaseMs = keepsAfterMs + 1;
      const { id } = (
        await copy.changeBook.keep(changeNamed('change', { askedAt: begin, leaseMs }), keepsAfterMs)
      ).change;
      await settle(ofA);
      await settle(both);
      await grant(id, [a, b]);
      expect(await ask(nextOfA, [a], old + 1)).toMatchObject({ kind: 'claimed' });
    });

    it('holds up a change that comes after it, which says for whom', async () => {
      await keptOfA();
      const { id } = (await copy.changeBook.keep(changeNamed('change', { askedAt: old, leaseMs: 1_000 }), 0))
        .change;
      expect(await grant(id, [a])).toEqual(keptForBoth);
    });
  });
}
