import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ClaimAnswer } from '../../../adapters/ports/journal.js';
import type { Command, CommandType } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import { claimCommand, issueCommands, type ClaimOf } from './claiming.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, report, resultOf } from './decisions.js';
import { eachFresh, type Harness } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');

/** What a claim takes and gives back, on every journal. */
export function budgetsSuite(harness: () => Harness): void {
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, (fresh) => {
    copy = fresh.copy;
    now = fresh.installation.clock.now();
  });
  const issue = (commands: readonly Command[]): Promise<void> => issueCommands(copy, commands);
  const claim = (id: CommandId, more: Partial<ClaimOf> = {}): Promise<ClaimAnswer> =>
    claimCommand(copy, id, { now, ...more });

  /** Lasts until the node is returned, and there is one. */
  const held = budgetOf('isolate/in-flight/a', 1, 'returned');
  /** The process of n1 has isolated its node, goes on with this, and another process wants what it holds. */
  const isolated = async (then: CommandType): Promise<readonly [next: Command, other: Command]> => {
    const isolate = commandOf(n1, 1, 'isolateNode');
    const next = commandOf(n1, 2, then);
    const other = commandOf(n2, 1, 'isolateNode');
    await issue([isolate, next, other]);
    await claim(isolate.id, { budgets: [held] });
    await copy.commands.settle(resultOf(isolate), now);
    return [next, other];
  };

  describe('budgets', () => {
    const inFlight = budgetOf('isolate/in-flight/a', 3, 'settled');
    const many = (count: number): readonly Command[] =>
      Array.from({ length: count }, (_, index) => commandOf(nodeNamed(`m${index}`), 1));

    it('are never exceeded by a race', async () => {
      const commands = many(8);
      await issue(commands);
      const rate = budgetOf('isolate/rate/a', 100, 'never');
      const answers = await Promise.all(
        commands.map(({ id }, index) =>
          claim(id, { by: `c${index}`, budgets: index % 2 === 0 ? [inFlight, rate] : [rate, inFlight] }),
        ),
      );
      expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(3);
      expect(answers.filter(({ kind }) => kind === 'refused')).toEqual(
        Array.from({ length: 5 }, () => ({ kind: 'refused', why: 'full', counter: inFlight.counter })),
      );
    });

    it('of a refused claim are not taken', async () => {
      const [a, b] = many(2);
      if (a === undefined || b === undefined) throw new Error('two');
      await issue([a, b]);
      const closed = budgetOf('z/closed', 0, 'settled');
      const single = { ...inFlight, cap: 1 };
      expect(await claim(a.id, { budgets: [single, closed] })).toEqual({
        kind: 'refused',
        why: 'full',
        counter: 'z/closed',
      });
      expect(await claim(b.id, { budgets: [single] })).toMatchObject({ kind: 'claimed' });
    });

    it('are given back with the result, and only once', async () => {
      const [a, b, c] = many(3);
      if (a === undefined || b === undefined || c === undefined) throw new Error('three');
      await issue([a, b, c]);
      const single = { ...inFlight, cap: 1 };
      await claim(a.id, { budgets: [single] });
      expect(await claim(b.id, { budgets: [single] })).toMatchObject({ kind: 'refused' });
      await copy.commands.settle(resultOf(a), now);
      await copy.commands.settle(resultOf(a), now);
      expect(await claim(b.id, { budgets: [single] })).toMatchObject({ kind: 'claimed' });
      expect(await claim(c.id, { budgets: [single] })).toMatchObject({ kind: 'refused' });
    });

    it('are taken once by a command that is attempted twice', async () => {
      const [a, b] = many(2);
      if (a === undefined || b === undefined) throw new Error('two');
      await issue([a, b]);
      const pair = { ...inFlight, cap: 2 };
      await claim(a.id, { budgets: [pair] });
      await claim(a.id, { budgets: [pair], now: now + 100 });
      expect(await claim(b.id, { budgets: [pair] })).toMatchObject({ kind: 'claimed' });
    });

    it('that last until the node is returned outlive the result, and end with giveBack', async () => {
      const [giveBack, next] = await isolated('giveBack');
      expect(await claim(next.id, { budgets: [held] })).toMatchObject({ kind: 'refused' });
      await claim(giveBack.id);
      await copy.commands.settle(resultOf(giveBack, 'failed'), now);
      expect(await claim(next.id, { budgets: [held] })).toMatchObject({ kind: 'refused' });
      expect(await copy.commands.releaseEnded()).toBe(0);
      await copy.journal.advance(batch([report(n1)], { decide: ending }));
      expect(await copy.commands.releaseEnded()).toBe(1);
      expect(await copy.commands.releaseEnded()).toBe(0);
      expect(await claim(next.id, { budgets: [held] })).toMatchObject({ kind: 'claimed' });
    });

    it('of the process are free when giveBack is done', async () => {
      const [giveBack, next] = await isolated('giveBack');
      await claim(giveBack.id);
      await copy.commands.settle(resultOf(giveBack), now);
      expect(await claim(next.id, { budgets: [held] })).toMatchObject({ kind: 'claimed' });
    });

    it('of a process that isolates its node again are those that it holds: it does not wait for itself', async () => {
      const [again, next] = await isolated('isolateNode');
      expect(await claim(again.id, { budgets: [held] })).toMatchObject({ kind: 'claimed' });
      expect(await claim(next.id, { budgets: [held] })).toMatchObject({ kind: 'refused' });
    });

    it('of rates are never given back', async () => {
      const [a, b] = many(2);
      if (a === undefined || b === undefined) throw new Error('two');
      await issue([a, b]);
      const rate = budgetOf('isolate/rate/a', 1, 'never');
      await claim(a.id, { budgets: [rate] });
      await copy.commands.settle(resultOf(a), now);
      expect(await claim(b.id, { budgets: [rate] })).toMatchObject({ kind: 'refused' });
    });
  });
}
