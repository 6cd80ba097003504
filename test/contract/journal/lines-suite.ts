import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { lineOfUnavailable, type BudgetClaim, type ClaimAnswer } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import { claimCommand, issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, nodeNamed, report, resultOf, starting } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

/** What waiting commands may expect of each other, on every journal. */
export function linesSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
    now = installation.clock.now();
  });
  const single = budgetOf('isolate/in-flight/a', 1, 'settled');
  const named = (name: string): Command => commandOf(nodeNamed(name), 1);
  const issue = (...commands: readonly Command[]): Promise<void> => issueCommands(copy, commands);
  const claim = (
    { id }: Command,
    budgets: readonly BudgetClaim[] = [single],
    at = now,
  ): Promise<ClaimAnswer> => claimCommand(copy, id, { now: at, budgets });
  /** A claim that is refused, and stands in line by that. */
  const refused = ({ id }: Command, budget = single, at = now): Promise<ClaimAnswer> =>
    copy.commands.claim(id, {
      ...{ by: 'one', now: at, leaseMs: 100, budgets: [budget] },
      waits: { full: { [budget.counter]: at + 15_000 }, behind: at + 60_000 },
    });
  const wait = ({ id }: Command, until: number, line = single.line): Promise<void> =>
    copy.commands.postpone(id, { until, reason: 'BudgetFull', line });
  const due = async (at: number): Promise<readonly CommandId[]> =>
    (await copy.commands.claimable(at, 100)).map(({ command }) => command.id);
  /** The first has taken what there is, the second has waited for it. */
  const takenAndWaitedFor = async (): Promise<readonly [Command, Command]> => {
    const [first, second] = [named('n1'), named('n2')];
    await issue(first, second);
    await claim(first);
    expect(await claim(second)).toEqual({ kind: 'refused', why: 'full', counter: single.counter });
    await wait(second, now + 60_000);
    return [first, second];
  };

  describe('the line of a budget', () => {
    it('gives what is given back to whoever waited first, at once, and nothing to who comes in between', async () => {
      const [first, second] = await takenAndWaitedFor();
      const late = named('n3');
      await issue(late);
      expect(await due(now)).toEqual([late.id]);
      await copy.commands.settle(resultOf(first), now);
      expect(await claim(late)).toEqual({ kind: 'refused', why: 'behind', counter: single.counter });
      expect(await due(now)).toEqual([second.id, late.id]);
      expect(await claim(second)).toMatchObject({ kind: 'claimed' });
      expect(await claim(late)).toEqual({ kind: 'refused', why: 'full', counter: single.counter });
    });

    it('wakes as many as there is room for, and no more', async () => {
      const [first, second] = await takenAndWaitedFor();
      const third = named('n3');
      await issue(third);
      await wait(third, now + 60_000);
      await copy.commands.settle(resultOf(first), now);
      expect(await due(now)).toEqual([second.id]);
      expect(await due(now + 60_000)).toEqual([second.id, third.id]);
    });

    it('is left by whoever is claimed, revoked by its end or waits for something else', async () => {
      const [first, second] = await takenAndWaitedFor();
      const late = named('n3');
      await issue(late);
      await wait(second, now + 60_000, 'another/line');
      await copy.commands.settle(resultOf(first), now);
      expect(await claim(late)).toMatchObject({ kind: 'claimed' });
      await copy.commands.settle(resultOf(late), now);
      await copy.commands.postpone(second.id, { until: now, reason: 'NodeBusy' });
      const last = named('n4');
      await issue(last);
      expect(await claim(last)).toMatchObject({ kind: 'claimed' });
    });

    it('of nodes in service holds up none that is unavailable already, which goes first if it ranks higher', async () => {
      const [first, second, third] = [named('n1'), named('n2'), named('n3')];
      await issue(first, second, third);
      await claim(first);
      const inService = { ...single, yieldsTo: lineOfUnavailable(single.counter) };
      const unavailable = { ...single, line: inService.yieldsTo };
      await wait(second, now + 60_000, unavailable.line);
      await wait(third, now + 60_000, inService.line);
      const [late, last] = [named('n4'), named('n5')];
      await issue(late, last);
      await copy.commands.settle(resultOf(first), now);
      expect(await due(now)).toEqual([second.id, third.id, late.id, last.id]);
      expect(await claim(third, [inService])).toMatchObject({ kind: 'refused', why: 'behind' });
      expect(await claim(second, [unavailable])).toMatchObject({ kind: 'claimed' });
      await copy.commands.settle(resultOf(second), now);
      expect(await claim(late, [unavailable])).toMatchObject({ kind: 'claimed' });
    });

    it('is stood in from the moment of the refusal, so that nothing that is given back is missed', async () => {
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await claim(first);
      expect(await refused(second)).toMatchObject({ why: 'full' });
      expect(await due(now)).toEqual([]);
      expect(await due(now + 15_000)).toContain(second.id);
      await copy.commands.settle(resultOf(first), now);
      expect(await due(now)).toEqual([second.id]);
    });

    it('wakes the next when one leaves it: those who came while it was first had to wait behind it (1,024 nodes rested for 45 s while there was room for all of them)', async () => {
      const wide = { ...single, cap: 10 };
      const [first, second, third] = [named('n1'), named('n2'), named('n3')];
      await issue(first, second, third);
      await wait(first, now);
      expect(await refused(second, wide)).toEqual({
        kind: 'refused',
        why: 'behind',
        counter: single.counter,
      });
      expect(await refused(third, wide)).toMatchObject({ why: 'behind' });
      expect(await due(now)).toEqual([first.id]);
      expect(await claim(first, [wide])).toMatchObject({ kind: 'claimed' });
      expect(await due(now)).toEqual([second.id, third.id]);
      expect(await claim(second, [wide])).toMatchObject({ kind: 'claimed' });
      expect(await claim(third, [wide])).toMatchObject({ kind: 'claimed' });
    });

    it('wakes nobody for whom there is no room left', async () => {
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await wait(first, now);
      expect(await refused(second)).toMatchObject({ why: 'behind' });
      expect(await claim(first)).toMatchObject({ kind: 'claimed' });
      expect(await due(now)).toEqual([]);
    });

    it.each<[string, (one: Command) => Promise<unknown>]>([
      [
        'waits for something else',
        ({ id }) => copy.commands.postpone(id, { until: now + 9, reason: 'Paused' }),
      ],
      ['is over', (one) => copy.commands.settle(resultOf(one), now)],
      ['waits in another line', (one) => wait(one, now + 9, 'another/line')],
    ])('wakes the next when the one before it %s', async (_, leave) => {
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await wait(first, now);
      expect(await refused(second)).toMatchObject({ why: 'behind' });
      await leave(first);
      expect(await due(now)).toEqual([second.id]);
    });

    it('of nodes that are unavailable already wakes the one in service that has come behind them', async () => {
      const inService = { ...single, cap: 10, yieldsTo: lineOfUnavailable(single.counter) };
      const unavailable = { ...single, cap: 10, line: inService.yieldsTo };
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await wait(first, now, unavailable.line);
      expect(await refused(second, inService)).toMatchObject({ why: 'behind' });
      expect(await claim(first, [unavailable])).toMatchObject({ kind: 'claimed' });
      expect(await due(now)).toEqual([second.id]);
    });

    it('wakes no node in service where the last room went to one that is unavailable already, until something is given back (in memory it asked in vain)', async () => {
      const inService = { ...single, yieldsTo: lineOfUnavailable(single.counter) };
      const unavailable = { ...single, line: inService.yieldsTo };
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await wait(first, now, unavailable.line);
      expect(await refused(second, inService)).toMatchObject({ why: 'behind' });
      expect(await claim(first, [unavailable])).toMatchObject({ kind: 'claimed' });
      expect(await due(now)).toEqual([]);
      await copy.commands.settle(resultOf(first), now);
      expect(await due(now)).toEqual([second.id]);
    });

    it('wakes nobody where by now less is allowed than was taken', async () => {
      const held = { ...single, until: 'returned' } as const;
      const [first, second, third] = [named('n1'), named('n2'), named('n3')];
      await issue(first, second, third);
      expect(await claim(first, [held])).toMatchObject({ kind: 'claimed' });
      await copy.commands.postpone(first.id, { until: now, reason: 'failed', by: 'one', line: held.line });
      const lowered = { ...held, cap: 0 };
      expect(await refused(second, lowered)).toMatchObject({ why: 'full' });
      expect(await refused(third, lowered)).toMatchObject({ why: 'full' });
      expect(await claim(first, [lowered])).toMatchObject({ kind: 'claimed' });
      expect(await due(now)).toEqual([]);
    });

    it('keeps an attempt whose end nobody saw for one of these', async () => {
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await claim(first);
      await claim(second, []);
      const later = now + 100_000;
      expect(await refused(second, single, later)).toMatchObject({ why: 'full' });
      const open = await copy.commands.claimable(later + 15_000, 100);
      expect(open.find(({ command }) => command.id === second.id)).toMatchObject({
        unfinishedAttempt: true,
        attempts: 1,
      });
    });

    it('is no hindrance where another budget is asked for', async () => {
      await takenAndWaitedFor();
      const other = named('n3');
      await issue(other);
      expect(await claim(other, [budgetOf('power/in-flight/a', 1, 'settled')])).toMatchObject({
        kind: 'claimed',
      });
    });

    it('is one for all windows of a rate', async () => {
      const window = (start: number): BudgetClaim => ({
        ...budgetOf(`isolate/rate/a/${start}`, 1, 'never'),
        line: 'isolate/rate/a',
      });
      const [first, second, late] = [named('n1'), named('n2'), named('n3')];
      await issue(first, second);
      await claim(first, [window(1)]);
      await wait(second, now + 1, 'isolate/rate/a');
      await issue(late);
      expect(await claim(late, [window(2)], now + 1)).toMatchObject({ kind: 'refused', why: 'behind' });
      expect(await claim(second, [window(2)], now + 1)).toMatchObject({ kind: 'claimed' });
    });
  });

  describe('the order in which commands are handed out', () => {
    it('is that of their age, with a head start for what is severe', async () => {
      const severe = await installation.open({
        headStartMs: ({ node }) => (node === nodeNamed('n3') ? 3_600_000 : 0),
      });
      const [first, second, third] = [named('n1'), named('n2'), named('n3')];
      const inputs = [first, second, third].map(({ node }) => report(node));
      await severe.journal.advance(batch(inputs, { decide: starting([first, second, third]) }));
      expect(await due(now)).toEqual([third.id, first.id, second.id]);
    });

    it('puts back by a minute what was attempted: a node that fails again and again holds up nobody', async () => {
      const [first, second] = [named('n1'), named('n2')];
      await issue(first, second);
      await claim(first, []);
      await copy.commands.postpone(first.id, { until: now, reason: 'failed', by: 'one' });
      expect(await due(now)).toEqual([second.id, first.id]);
    });
  });
}
