import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ClaimAnswer, OutboxEntry } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import type { Signal } from '../../../domain/signal.js';
import { claimCommand, issueCommands, type ClaimOf } from './claiming.js';
import type { noteMessage } from './decisions.js';
import { batch, commandOf, decision, nodeNamed, report, resultOf, starting } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');

async function unsentSignalEntries(copy: OpenJournal): Promise<readonly OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  for (let partition = 0; partition < copy.outbox.partitions; partition += 1) {
    entries.push(...(await copy.outbox.unsent([partition], 1000)));
  }
  return entries.filter(({ event }) => event === 'Signal');
}

export async function unsentSignals(copy: OpenJournal): Promise<readonly Signal[]> {
  const entries = await unsentSignalEntries(copy);
  return entries.map(({ body }) => JSON.parse(body?.toString() ?? 'null') as Signal);
}

/** What the unsent signals name as their cause. */
export async function unsentCauses(copy: OpenJournal): Promise<readonly (string | undefined)[]> {
  return (await unsentSignalEntries(copy)).map(({ headers }) => headers['ce_causationid']);
}

/** What the command queue promises, on every journal. */
export function commandsSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
    now = installation.clock.now();
  });

  const issue = (commands: readonly Command[]): Promise<unknown> => issueCommands(copy, commands);
  const claim = (
    id: CommandId,
    more: Partial<ClaimOf> & { readonly from?: OpenJournal } = {},
  ): Promise<ClaimAnswer> => claimCommand(more.from ?? copy, id, { now, ...more });
  const revoking = (id: CommandId): Promise<unknown> =>
    copy.journal.advance(
      batch([report(n1)], {
        decide: (state, input) => decision(state, input, [{ type: 'OrderTaken' }], { revoke: [id] }),
      }),
    );

  describe('what was issued a moment ago', () => {
    const issued = async (at = now): Promise<readonly string[]> =>
      (await copy.commands.justIssued(at)).map(({ command }) => command.id);

    it('is told once, the first command of each node only', async () => {
      await issue([commandOf(n1, 1), commandOf(n1, 2), commandOf(n2, 1)]);
      expect(await issued()).toEqual([commandOf(n1, 1).id, commandOf(n2, 1).id]);
      expect(await issued()).toEqual([]);
      expect(await copy.commands.claimable(now, 10)).toHaveLength(2);
    });

    it('is not told of a node that has another open command', async () => {
      await issue([commandOf(n1, 1)]);
      await issued();
      await copy.journal.advance(
        batch([report(n1)], {
          decide: (state, input) =>
            decision(state, input, [{ type: 'OrderTaken' }], { commands: [commandOf(n1, 2)] }),
        }),
      );
      expect(await issued()).toEqual([]);
    });

    it('is not told of a crowd, nor later than a moment, nor to another copy', async () => {
      const other = await installation.open();
      await issue([commandOf(n1, 1)]);
      expect(await other.commands.justIssued(now)).toEqual([]);
      expect(await issued(now + 10_000)).toEqual([]);
      await issue(['a', 'b', 'c', 'd', 'e'].map((name) => commandOf(nodeNamed(name), 1)));
      expect(await issued()).toEqual([]);
    });
  });

  describe('the queue', () => {
    it('offers only the head of each node, oldest first', async () => {
      const [a, b, c] = [commandOf(n1, 1), commandOf(n1, 2), commandOf(n2, 1)];
      await issue([a, b, c]);
      const heads = await copy.commands.claimable(now, 10);
      expect(heads.map(({ command }) => command.id)).toEqual([a.id, c.id]);
      expect(heads[0]).toEqual({ command: a, attempts: 0, unfinishedAttempt: false, createdAt: now });
      expect(await copy.commands.claimable(now, 1)).toHaveLength(1);
      expect(await claim(b.id)).toEqual({ kind: 'gone' });
    });

    it('only observes, in the epoch after a restoration, what may have been done and must not be done twice', async () => {
      const [off, isolate] = [commandOf(n1, 1, 'powerOff'), commandOf(n2, 1, 'isolateNode')];
      await issue([off, isolate]);
      await copy.upkeep.startEpoch();
      const heads = await copy.commands.claimable(now, 10);
      expect(heads.map(({ command: { type }, unfinishedAttempt }) => [type, unfinishedAttempt])).toEqual([
        ['isolateNode', false],
        ['powerOff', true],
      ]);
      // It may be under way by what the copy does not know of: nobody takes it back.
      await revoking(off.id);
      expect(await claim(off.id)).toEqual({ kind: 'claimed', attempt: 2 });
    });

    it('offers the next command once the head is settled', async () => {
      const [a, b] = [commandOf(n1, 1), commandOf(n1, 2)];
      await issue([a, b]);
      await claim(a.id);
      expect(await copy.commands.claimable(now, 10)).toEqual([]);
      await copy.commands.settle(resultOf(a), now);
      expect((await copy.commands.claimable(now, 10)).map(({ command }) => command.id)).toEqual([b.id]);
    });

    it('tells when the next command is due', async () => {
      expect(await copy.commands.nextDue(0)).toBeUndefined();
      const a = commandOf(n1, 1);
      await issue([a]);
      expect(await copy.commands.nextDue(0)).toBe(now);
      expect(await copy.upkeep.isIdle(now)).toBe(false);
      await copy.commands.postpone(a.id, { until: now + 70, reason: 'budget' });
      expect(await copy.commands.nextDue(0)).toBe(now + 70);
      expect(await copy.commands.nextDue(now + 70)).toBeUndefined();
    });

    it('wakes who waits for work', async () => {
      await copy.commands.claimable(now, 10);
      const woken = copy.commands.awaitWork(new AbortController().signal);
      await issue([commandOf(n1, 1)]);
      await woken;
      expect(await copy.commands.claimable(now, 10)).toHaveLength(1);
    });

    it('wakes a waiter on another copy', async () => {
      const other = await installation.open();
      await other.commands.claimable(now, 10);
      const woken = other.commands.awaitWork(new AbortController().signal);
      await issue([commandOf(n1, 1)]);
      await woken;
      expect(await other.commands.claimable(now, 10)).toHaveLength(1);
    });

    it('does not wait for what came between looking and waiting', async () => {
      await copy.commands.claimable(now, 10);
      await issue([commandOf(n1, 1)]);
      await copy.commands.awaitWork(new AbortController().signal);
    });

    it('does not wait for what came since it looked, although another copy has looked at that', async () => {
      const other = await installation.open();
      await copy.commands.claimable(now, 10);
      await issue([commandOf(n1, 1)]);
      await other.commands.claimable(now, 10);
      await copy.commands.awaitWork(new AbortController().signal);
    });

    it('ends a wait at abort', async () => {
      await copy.commands.claimable(now, 10);
      const abort = new AbortController();
      const woken = copy.commands.awaitWork(abort.signal);
      abort.abort();
      await woken;
    });
  });

  describe('a claim', () => {
    it('is won by one of many', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      const other = await installation.open();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          claim(a.id, { by: `c${index}`, from: index % 2 === 0 ? copy : other }),
        ),
      );
      expect(answers.filter(({ kind }) => kind === 'claimed')).toEqual([{ kind: 'claimed', attempt: 1 }]);
      expect(answers.filter(({ kind }) => kind === 'gone')).toHaveLength(7);
    });

    it('that ran out is offered again as an unfinished attempt', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      expect(await copy.commands.claimable(now + 99, 10)).toEqual([]);
      const [late] = await copy.commands.claimable(now + 100, 10);
      expect(late).toMatchObject({ attempts: 1, unfinishedAttempt: true });
      expect(await claim(a.id, { by: 'two', now: now + 100 })).toEqual({ kind: 'claimed', attempt: 2 });
      expect(await copy.commands.extend(a.id, { by: 'one', now: now + 100, leaseMs: 100 })).toBe(false);
    });

    it('stays unfinished when the second one only looked and waits', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      installation.clock.set(now + 100);
      await claim(a.id, { by: 'two', now: now + 100 });
      await copy.commands.postpone(a.id, { until: now + 150, reason: 'looking', by: 'two' });
      const [again] = await copy.commands.claimable(now + 150, 10);
      expect(again).toMatchObject({ attempts: 2, unfinishedAttempt: true });
    });

    it('can be extended by its owner', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      expect(await copy.commands.extend(a.id, { by: 'one', now: now + 90, leaseMs: 100 })).toBe(true);
      expect(await copy.commands.claimable(now + 189, 10)).toEqual([]);
      expect(await copy.commands.claimable(now + 190, 10)).toHaveLength(1);
    });

    it('that is postponed waits visibly, without being unfinished', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      await copy.commands.postpone(a.id, { until: now + 50, reason: 'throttled', by: 'one' });
      const [row] = await copy.history.commands(a.processId);
      expect(row).toMatchObject({ status: 'waiting', waitingReason: 'throttled', waitingUntil: now + 50 });
      expect(await claim(a.id)).toEqual({ kind: 'gone' });
      const [again] = await copy.commands.claimable(now + 50, 10);
      expect(again).toMatchObject({ attempts: 1, unfinishedAttempt: false });
    });

    it('can not be postponed by others while it lasts', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      await copy.commands.postpone(a.id, { until: now + 50, reason: 'no', by: 'two' });
      expect((await copy.history.commands(a.processId))[0]?.status).toBe('attempting');
    });

    it('of a command nobody knows is gone', async () => {
      expect(await claim('p-none.1.1' as CommandId)).toEqual({ kind: 'gone' });
    });
  });

  describe('a result', () => {
    it('is settled once, and leaves as one signal', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      expect(await copy.commands.settle(resultOf(a), now)).toBe(true);
      expect(await copy.commands.settle(resultOf(a, 'failed'), now)).toBe(false);
      expect(await unsentSignals(copy)).toEqual([{ kind: 'CommandResult', result: resultOf(a) }]);
      const [row] = await copy.history.commands(a.processId);
      expect(row).toMatchObject({ status: 'settled', attempts: 1, result: resultOf(a) });
    });

    it('can come without a claim, and from a copy that never saw the command', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      const other = await installation.open();
      expect(await other.commands.settle(resultOf(a, 'withheld'), now)).toBe(true);
      expect(await claim(a.id)).toEqual({ kind: 'gone' });
    });

    it('follows from the event that issued its command, also when it is revoked or settled by a stranger', async () => {
      const issuedBy = (command: Command, version: number): Command => ({
        ...command,
        issuedBy: `a/n1@1.${version}/ProcessEvent`,
      });
      const [a, b] = [issuedBy(commandOf(n1, 1), 5), issuedBy(commandOf(n1, 2), 6)];
      const before = commandOf(n1, 3);
      await issue([a, b, before]);
      const other = await installation.open();
      await other.commands.settle(resultOf(a), now);
      await revoking(b.id);
      await copy.commands.claimable(now, 10);
      await copy.commands.settle(resultOf(before), now);
      expect(await unsentCauses(copy)).toEqual([a.issuedBy, b.issuedBy, undefined]);
    });

    it('of a command nobody knows changes nothing', async () => {
      expect(await copy.commands.settle(resultOf(commandOf(n2, 9)), now)).toBe(false);
    });
  });

  describe('a revocation', () => {
    it('answers for a waiting command with exactly one result', async () => {
      const [a, b] = [commandOf(n1, 1), commandOf(n1, 2)];
      await issue([a, b]);
      await revoking(a.id);
      await revoking(a.id);
      expect(await unsentSignals(copy)).toEqual([{ kind: 'CommandResult', result: resultOf(a, 'revoked') }]);
      expect((await copy.history.commands(a.processId))[0]?.result?.status).toBe('revoked');
      expect(await copy.commands.settle(resultOf(a), now)).toBe(false);
      expect((await copy.commands.claimable(now, 10)).map(({ command }) => command.id)).toEqual([b.id]);
    });

    it('comes too late for an attempt under way', async () => {
      const a = commandOf(n1, 1);
      await issue([a]);
      await claim(a.id);
      await revoking(a.id);
      expect(await unsentSignals(copy)).toEqual([]);
      expect(await copy.commands.settle(resultOf(a), now)).toBe(true);
    });

    it('waits for the result of a change that was attempted before', async () => {
      const a = commandOf(n1, 1, 'isolateNode');
      await issue([a]);
      await claim(a.id);
      await copy.commands.postpone(a.id, { until: now + 10, reason: 'unsure', by: 'one' });
      await revoking(a.id);
      expect((await copy.history.commands(a.processId))[0]?.status).toBe('waiting');
    });

    it('takes back a mere look that was attempted before', async () => {
      const a = commandOf(n1, 1, 'observeNode');
      await issue([a]);
      await claim(a.id);
      await copy.commands.postpone(a.id, { until: now + 10, reason: 'unreachable', by: 'one' });
      await revoking(a.id);
      expect((await copy.history.commands(a.processId))[0]?.status).toBe('revoked');
    });

    it('takes back what the same batch issued', async () => {
      const a = commandOf(n1, 1);
      let step = 0;
      const decide: typeof noteMessage = (state, input) => {
        step += 1;
        return step === 1
          ? starting([a])(state, input)
          : decision(state, input, [{ type: 'OrderTaken' }], { revoke: [a.id] });
      };
      await copy.journal.advance(batch([report(n1), report(n1)], { decide }));
      expect(await copy.commands.claimable(now, 10)).toEqual([]);
      expect(await unsentSignals(copy)).toHaveLength(1);
    });
  });
}
