import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { BudgetClaim, ClaimAnswer, FleetMember, OutOfService } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import { changeNamed } from './changes-suite.js';
import { claimCommand, issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, report, resultOf, retry } from './decisions.js';
import { eachFresh, type Harness } from './harness.js';

type Counted = Partial<Pick<OutOfService, 'who' | 'where'>>;

/** Counters that count who is out of service, on every journal. */
export function outOfServiceSuite(harness: () => Harness): void {
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, async (fresh) => {
    copy = fresh.copy;
    now = fresh.installation.clock.now();
    await copy.upkeep.resume();
  });
  const member = (name: string, more: Partial<FleetMember> = {}): FleetMember => ({
    ...{ node: nodeNamed(name), pool: 'p', zone: 'z', labels: { rack: 'r1' } },
    ...{ unavailable: false, controlPlane: false },
    ...more,
  });
  const counting = (counter: string, cap: number, counted: Counted = {}): BudgetClaim => ({
    ...budgetOf(counter, cap, 'returned'),
    outOfService: { cluster: 'a', where: {}, who: 'everybody', ...counted },
  });
  const isolationOf = (name: string): Command => commandOf(nodeNamed(name), 1, 'isolateNode');
  const claim = ({ id }: Command, ...budgets: readonly BudgetClaim[]): Promise<ClaimAnswer> =>
    claimCommand(copy, id, { now, budgets });
  const full = (counter: string): ClaimAnswer => ({ kind: 'refused', why: 'full', counter });
  const five = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;
  const fleetOf = (...members: readonly FleetMember[]): Promise<void> =>
    copy.inventory.replace('a', members, now);

  describe('what has to stay healthy', () => {
    it('holds for nodes that were taken out by another counter (five owners with a budget of their own took out 20 of 20)', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const commands = five.map(isolationOf);
      await issueCommands(copy, commands);
      const answers: ClaimAnswer[] = [];
      for (const [index, command] of commands.entries())
        answers.push(await claim(command, counting(`owners/healthy/a/${index}`, 2)));
      expect(answers.map(({ kind }) => kind)).toEqual([
        'claimed',
        'claimed',
        'refused',
        'refused',
        'refused',
      ]);
    });

    it('is never exceeded by a race of claims by different counters', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const commands = five.map(isolationOf);
      await issueCommands(copy, commands);
      const answers = await Promise.all(
        commands.map(({ id }, index) =>
          claimCommand(copy, id, {
            now,
            by: `c${index}`,
            budgets: [counting(`owners/healthy/a/${index}`, 2)],
          }),
        ),
      );
      expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(2);
    });

    it('counts a node once that is unavailable and taken by several', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const [first, second, third] = [isolationOf('n1'), isolationOf('n2'), isolationOf('n3')];
      await issueCommands(copy, [first, second, third]);
      await claim(first, counting('one/healthy/a', 2), counting('two/healthy/a', 2));
      await copy.inventory.change('a', { changed: [member('n1', { unavailable: true })], gone: [] }, now);
      expect(await claim(second, counting('one/healthy/a', 2))).toMatchObject({ kind: 'claimed' });
      expect(await claim(third, counting('two/healthy/a', 2))).toEqual(full('two/healthy/a'));
    });

    it('does not count the node itself, nor those of other places and clusters', async () => {
      await fleetOf(
        member('n1', { unavailable: true }),
        member('n2', { unavailable: true, pool: 'other' }),
        member('n3', { unavailable: true, zone: 'other' }),
        member('n4', { unavailable: true, labels: { rack: 'r2' } }),
        member('n5', { unavailable: true, labels: {} }),
      );
      const elsewhere = { ...member('n6'), node: 'b/n6' as FleetMember['node'], unavailable: true };
      await copy.inventory.replace('b', [elsewhere], now);
      const where = { pools: ['p'], zones: ['z'], labels: { rack: ['r1', 'r3'] } };
      const command = isolationOf('n1');
      await issueCommands(copy, [command]);
      expect(await claim(command, counting('all/healthy/a', 4))).toEqual(full('all/healthy/a'));
      expect(await claim(command, counting('some/healthy/a', 1, { where }))).toMatchObject({
        kind: 'claimed',
      });
    });

    it('counts a node of which nobody knows what state it is in, until it is taken up', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const command = isolationOf('n2');
      await issueCommands(copy, [command]);
      const parking = (): never => {
        throw new Error('a bug');
      };
      await copy.journal.advance(batch([report(nodeNamed('n1'))], { decide: parking }));
      expect(await claim(command, counting('all/healthy/a', 1))).toEqual(full('all/healthy/a'));
      expect(await claim(command, counting('all/in-flight/a', 1, { who: 'others' }))).toEqual(
        full('all/in-flight/a'),
      );
      await copy.journal.advance(batch([retry(nodeNamed('n1'))]));
      expect(await claim(command, counting('all/healthy/a', 1))).toMatchObject({ kind: 'claimed' });
    });

    it('holds for changes of others likewise', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const command = isolationOf('n1');
      await issueCommands(copy, [command]);
      await claim(command, counting('ours/healthy/a', 1));
      const { version } = await copy.guardBook.present();
      const { change } = await copy.changeBook.keep(changeNamed('n2'), 0);
      const ask = { now, guardVersion: version, budgets: [counting('theirs/healthy/a', 1)] };
      expect(await copy.changeBook.grant(change.id, ask)).toEqual(full('theirs/healthy/a'));
    });
  });

  describe('a counter beside which others keep nodes out', () => {
    const inFlight = (cap: number): BudgetClaim => counting('isolate/in-flight/a', cap, { who: 'others' });

    it('counts what is taken, and of those that are out who nobody has leave for', async () => {
      await fleetOf(member('n1'), member('n2'), member('n3', { unavailable: true }));
      const [first, second] = [isolationOf('n1'), isolationOf('n2')];
      await issueCommands(copy, [first, second]);
      expect(await claim(first, inFlight(1))).toEqual(full('isolate/in-flight/a'));
      expect(await claim(first, inFlight(2))).toMatchObject({ kind: 'claimed' });
      await copy.inventory.change('a', { changed: [member('n1', { unavailable: true })], gone: [] }, now);
      expect(await claim(second, inFlight(2))).toEqual(full('isolate/in-flight/a'));
      expect(await claim(second, inFlight(3))).toMatchObject({ kind: 'claimed' });
    });

    it('counts a node as soon as its permit is given back and it stays out (one too many was taken out after a hand-over)', async () => {
      await fleetOf(...five.map((name) => member(name)));
      const [first, second] = [isolationOf('n1'), isolationOf('n2')];
      await issueCommands(copy, [first, second]);
      await claim(first, inFlight(1));
      await copy.commands.settle(resultOf(first), now);
      await copy.inventory.change('a', { changed: [member('n1', { unavailable: true })], gone: [] }, now);
      await copy.journal.advance(batch([report(nodeNamed('n1'))], { decide: ending }));
      expect(await copy.commands.releaseEnded()).toBe(1);
      expect(await claim(second, inFlight(1))).toEqual(full('isolate/in-flight/a'));
    });
  });

  it.each<[string, () => Promise<void>]>([
    ['is in service again', () => copy.inventory.change('a', { changed: [member('n1')], gone: [] }, now)],
    ['is gone', () => copy.inventory.change('a', { changed: [], gone: [nodeNamed('n1')] }, now)],
    ['is in service in a picture of the whole', () => fleetOf(member('n1'), member('n2'), member('n3'))],
    ['is missing from a picture of the whole', () => fleetOf(member('n2'), member('n3'))],
  ])(
    'given a node that is out of service, when it %s, then the first that waits for that is asked at once, and nobody else',
    async (_, comeBack) => {
      await fleetOf(member('n1', { unavailable: true }), member('n2'), member('n3'));
      const [first, second] = [isolationOf('n2'), isolationOf('n3')];
      await issueCommands(copy, [first, second]);
      const budget = counting('all/healthy/a', 1);
      const waits = { full: { [budget.counter]: now + 15_000 }, behind: now + 60_000 };
      for (const { id } of [first, second])
        await copy.commands.claim(id, { by: 'one', now, leaseMs: 100, budgets: [budget], waits });
      const due = async (): Promise<readonly string[]> =>
        (await copy.commands.claimable(now, 10)).map(({ command }) => command.id);
      await copy.inventory.change('a', { changed: [member('n3')], gone: [] }, now);
      expect(await due()).toEqual([]);
      const woken = copy.commands.awaitWork(new AbortController().signal);
      await comeBack();
      await woken;
      expect(await due()).toEqual([first.id]);
      expect(await claim(first, budget)).toMatchObject({ kind: 'claimed' });
    },
  );
}
