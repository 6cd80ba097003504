import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ChangeRow, GrantAnswer } from '../../../adapters/ports/change-book.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';
import type { NodeChange } from '../../../domain/change.js';
import type { ChangeId, PauseId } from '../../../domain/identifiers.js';
import { claimCommand, issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, processOf, report, resultOf } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const leaseMs = 1_000;

export function changeNamed(name: string, given: Partial<NodeChange> = {}): NodeChange {
  return {
    id: `c-${name}` as ChangeId,
    key: `key of ${name}`,
    owner: 'deployer',
    node: nodeNamed(name),
    operation: 'isolate',
    reason: 'new kernel',
    leaseMs,
    askedAt: 1_000_000,
    ...given,
  };
}

/** What others that ask for leave may expect, of each other and of our own commands, on every journal. */
export function changesSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, async (fresh) => {
    ({ installation, copy } = fresh);
    now = installation.clock.now();
    await copy.upkeep.resume();
  });
  const single = budgetOf('isolate/in-flight/a', 1, 'returned');
  const keep = async (name: string, given: Partial<NodeChange> = {}): Promise<ChangeId> =>
    (await copy.changeBook.keep(changeNamed(name, given), 0)).change.id;
  const grant = async (
    id: ChangeId,
    {
      budgets = [single],
      at = now,
    }: { readonly budgets?: readonly BudgetClaim[]; readonly at?: number } = {},
  ): Promise<GrantAnswer> => {
    const { version } = await copy.guardBook.present();
    return copy.changeBook.grant(id, { now: at, budgets, guardVersion: version });
  };
  const granted = async (name: string, given: Partial<NodeChange> = {}): Promise<ChangeId> => {
    const id = await keep(name, given);
    expect(await grant(id)).toEqual({ kind: 'granted' });
    return id;
  };
  const waiting = async (name: string, given: Partial<NodeChange> = {}): Promise<ChangeId> => {
    const id = await keep(name, given);
    const answer = await grant(id);
    expect(answer).toMatchObject({ kind: 'refused' });
    await copy.changeBook.wait(id, { reason: 'BudgetFull', line: single.line, askAgainAt: now + 100 });
    return id;
  };
  const find = async (id: ChangeId): Promise<ChangeRow> => {
    const row = await copy.changeBook.find(id);
    if (row === undefined) throw new Error(`no change ${id}`);
    return row;
  };
  const used = async (): Promise<readonly unknown[]> => copy.guardBook.counters();
  const succeeded = (at = now) => ({ how: 'succeeded', by: 'deployer', at }) as const;
  const cancelled = (at = now) => ({ how: 'cancelled', by: 'deployer', at }) as const;

  describe('changes of others', () => {
    it('given the same key again, then it is the same change, also when it is over', async () => {
      const id = await granted('n1');
      const again = changeNamed('other', { key: 'key of n1', askedAt: now + 1 });
      expect(await copy.changeBook.keep(again, 0)).toMatchObject({ change: { id, node: nodeNamed('n1') } });
      await copy.changeBook.end(id, succeeded());
      expect(await copy.changeBook.keep(again, 0)).toMatchObject({ change: { id }, ended: succeeded() });
      const elsewhere = changeNamed('other', { key: 'key of n1', owner: 'somebody else' });
      expect(await copy.changeBook.keep(elsewhere, 0)).toMatchObject({ change: { id: 'c-other' } });
    });

    it('hold what they took until they are done, and give it back once', async () => {
      const id = await granted('n1');
      expect(await find(id)).toMatchObject({ leaseUntil: now + leaseMs, granted: { at: now } });
      expect(await grant(id)).toEqual({ kind: 'gone' });
      expect(await used()).toEqual([{ counter: single.counter, used: 1 }]);
      expect(await grant(await keep('n2'))).toEqual({
        ...{ kind: 'refused', why: 'full', counter: single.counter },
      });
      expect(await copy.changeBook.end(id, { ...succeeded(), message: 'went well' })).toBe(true);
      expect(await copy.changeBook.end(id, succeeded())).toBe(false);
      expect((await find(id)).ended).toEqual({ ...succeeded(), message: 'went well' });
      expect(await used()).toEqual([]);
      expect(await grant('c-n2' as ChangeId)).toEqual({ kind: 'granted' });
    });

    it('given that another copy gives something back, then whoever watches for room hears it', async () => {
      const id = await granted('n1');
      const second = await installation.open();
      const room = copy.changeBook.watchRoom();
      room.looking();
      const heard = room.changed(new AbortController().signal);
      expect(await second.changeBook.end(id, succeeded())).toBe(true);
      await heard;
    });

    it('keep how their node was when leave was last asked for, for good once it is given', async () => {
      const id = await keep('n1', { onlyHealthy: true });
      const asked = (await find(id)).change;
      expect(await find(id)).not.toHaveProperty('before');
      const ill = { health: 'unhealthy', conditions: ['Unavailable', 'DiskFailure'], at: now } as const;
      await copy.changeBook.noteHealth(id, ill);
      expect(await find(id)).toMatchObject({ change: asked, before: ill });
      const well = { health: 'healthy', conditions: [], at: now + 5 } as const;
      await copy.changeBook.noteHealth(id, well);
      expect(await grant(id)).toEqual({ kind: 'granted' });
      await copy.changeBook.noteHealth(id, ill);
      await copy.changeBook.end(id, succeeded());
      expect(await find(id)).toMatchObject({ before: well, ended: succeeded() });
      expect((await copy.changeBook.keep(changeNamed('n1', { onlyHealthy: true }), 0)).change).toEqual(asked);
    });

    it('that are refused take nothing', async () => {
      const closed = budgetOf('z/closed', 0, 'settled');
      expect(await grant(await keep('n1'), { budgets: [single, closed] })).toMatchObject({
        ...{ why: 'full', counter: 'z/closed' },
      });
      expect(await used()).toEqual([]);
    });

    it('keep what they took of a rate', async () => {
      const id = await keep('n1');
      await grant(id, { budgets: [budgetOf('isolate/rate/a/1', 5, 'never')] });
      await copy.changeBook.end(id, succeeded());
      expect(await used()).toEqual([{ counter: 'isolate/rate/a/1', used: 1 }]);
    });

    it('have tokens that grow, also in the epoch after a restored backup', async () => {
      const tokens: number[] = [];
      const another = async (name: string): Promise<void> => {
        const id = await granted(name);
        tokens.push((await find(id)).granted?.token ?? 0);
        await copy.changeBook.end(id, succeeded());
      };
      await another('n1');
      await another('n2');
      await copy.upkeep.startEpoch();
      expect(await grant(await keep('n3'))).toEqual({ kind: 'refused', why: 'paused' });
      await copy.upkeep.resume();
      await another('n4');
      const [first = 0, second = 0, third = 0] = tokens;
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second + 1_000_000);
    });

    it('live as long as their client says so', async () => {
      const id = await granted('n1');
      expect(await copy.changeBook.extend(id, now + leaseMs - 1)).toBe(true);
      expect((await find(id)).leaseUntil).toBe(now + 2 * leaseMs - 1);
      expect(await copy.changeBook.takeBack(now + 2 * leaseMs - 2)).toEqual([]);
      expect(await copy.changeBook.extend(id, now + 2 * leaseMs - 1)).toBe(false);
      expect(await copy.changeBook.end(id, succeeded(now + 2 * leaseMs - 1))).toBe(false);
      expect(await used()).toEqual([{ counter: single.counter, used: 1 }]);
    });

    it('of a dead client are taken back, and one copy is told', async () => {
      const id = await granted('n1');
      const second = await installation.open();
      const later = now + leaseMs;
      const told = await Promise.all([copy, second].map(({ changeBook }) => changeBook.takeBack(later)));
      expect(told.flat()).toMatchObject([
        { change: { id }, granted: { at: now }, ended: { how: 'lost', by: 'faultline', at: later } },
      ]);
      expect(await used()).toEqual([]);
      expect(await copy.changeBook.extend(id, later)).toBe(false);
      expect(await copy.changeBook.end(id, succeeded(later))).toBe(false);
      expect((await find(id)).ended).toMatchObject({ how: 'lost' });
    });

    it('that wait can only be cancelled', async () => {
      await granted('n1');
      const id = await waiting('n2');
      expect(await copy.changeBook.end(id, succeeded())).toBe(false);
      expect(await copy.changeBook.end(id, cancelled())).toBe(true);
      expect((await find(id)).waiting).toBeUndefined();
    });

    it('wait in a line, in which whoever comes later gets nothing', async () => {
      const first = await granted('n1');
      const second = await waiting('n2', { askedAt: now - 1 });
      const third = await waiting('n3');
      expect((await find(second)).waiting).toEqual({
        ...{ reason: 'BudgetFull', place: 1, askAgainAt: now + 100 },
      });
      expect((await find(third)).waiting).toMatchObject({ place: 2 });
      await copy.changeBook.end(first, succeeded());
      expect(await grant(third)).toEqual({ kind: 'refused', why: 'behind', counter: single.counter });
      expect(await grant(second)).toEqual({ kind: 'granted' });
    });

    it('hold nobody up once their client is dead', async () => {
      const first = await granted('n1');
      await waiting('n2', { askedAt: now - 1 });
      const third = await waiting('n3', { leaseMs: 10 * leaseMs });
      const later = now - 1 + leaseMs;
      await copy.changeBook.end(first, succeeded());
      expect(await grant(third, { at: later - 1 })).toMatchObject({ why: 'behind' });
      expect(await grant(third, { at: later })).toEqual({ kind: 'granted' });
      expect(await copy.changeBook.takeBack(later)).toMatchObject([
        { change: { id: 'c-n2' }, ended: { how: 'abandoned' } },
      ]);
    });

    it('get no leave by what the guard said before a pause', async () => {
      const id = await keep('n1');
      const { version } = await copy.guardBook.present();
      await copy.guardBook.begin({
        ...{ id: 'z-1' as PauseId, key: 'z-1', where: {}, begun: { by: 'anna', reason: 'test', at: now } },
      });
      const ask = { now, budgets: [single], guardVersion: version };
      expect(await copy.changeBook.grant(id, ask)).toEqual({ kind: 'refused', why: 'changed' });
    });

    it('are listed, the newest first', async () => {
      for (const name of ['n1', 'n2', 'n3']) await keep(name);
      await copy.changeBook.end('c-n2' as ChangeId, cancelled());
      const ids = (rows: readonly ChangeRow[]): readonly string[] => rows.map(({ change }) => change.id);
      const page = await copy.changeBook.list({ limit: 2 });
      expect(ids(page.rows)).toEqual(['c-n3', 'c-n2']);
      const rest = { limit: 2, ...(page.next === undefined ? {} : { after: page.next }) };
      expect(ids((await copy.changeBook.list(rest)).rows)).toEqual(['c-n1']);
      expect(ids((await copy.changeBook.list({ open: true, limit: 9 })).rows)).toEqual(['c-n3', 'c-n1']);
      expect(ids((await copy.changeBook.list({ open: false, limit: 9 })).rows)).toEqual(['c-n2']);
      const one = await copy.changeBook.list({ node: nodeNamed('n3'), limit: 9 });
      expect(ids(one.rows)).toEqual(['c-n3']);
    });
  });

  describe('a node has one owner', () => {
    const isolate = commandOf(nodeNamed('n1'), 1, 'isolateNode');
    const claim = (budgets: readonly BudgetClaim[] = [single], at = now) =>
      claimCommand(copy, isolate.id, { now: at, budgets });

    it('given a process at work, then a change waits until that is over', async () => {
      await issueCommands(copy, [isolate]);
      const id = await keep('n1');
      const holder = processOf(nodeNamed('n1'));
      expect(await grant(id)).toEqual({ kind: 'refused', why: 'process', holder });
      await copy.journal.advance(batch([report(nodeNamed('n1'))], { decide: ending }));
      expect(await grant(id)).toEqual({ kind: 'granted' });
    });

    it('given a change, then another one waits', async () => {
      const id = await granted('n1');
      const other = await keep('other', { node: nodeNamed('n1') });
      expect(await grant(other, { budgets: [] })).toEqual({ kind: 'refused', why: 'change', holder: id });
    });

    it('given a change, then our command waits, and is asked as soon as that is over', async () => {
      const id = await granted('n1');
      await issueCommands(copy, [isolate]);
      const plenty = { ...single, cap: 9 };
      expect(await claim([plenty])).toEqual({ kind: 'refused', why: 'held', change: id });
      await copy.commands.postpone(isolate.id, { until: now + 60_000, reason: `HeldByChange: ${id}` });
      expect(await copy.commands.claimable(now, 9)).toEqual([]);
      await copy.changeBook.end(id, succeeded());
      expect(await copy.commands.claimable(now, 9)).toMatchObject([{ command: { id: isolate.id } }]);
      expect(await claim([plenty])).toMatchObject({ kind: 'claimed' });
    });

    it('given a change, then what needs no leave is done', async () => {
      await granted('n1');
      await issueCommands(copy, [isolate]);
      expect(await claim([])).toMatchObject({ kind: 'claimed' });
    });

    it('given a change that waited first, then our command is behind it, and the other way round', async () => {
      const first = await granted('n9');
      const second = await waiting('n2', { askedAt: 0, leaseMs: 10_000_000 });
      const ours = commandOf(nodeNamed('n1'), 1, 'isolateNode');
      await issueCommands(copy, [ours]);
      expect(await claim()).toMatchObject({ why: 'full' });
      await copy.commands.postpone(ours.id, { until: now, reason: 'BudgetFull', line: single.line });
      const third = await waiting('n3', { askedAt: now + 1_000_000 });
      expect((await find(third)).waiting).toMatchObject({ place: 3 });
      // Its place was told as if it were alone.
      const placeAt = async (at: number) => (await copy.guardBook.waiting({ limit: 9, now: at }))[0]?.place;
      expect(await placeAt(now)).toBe(2);
      // Whose lease ran out stands in no line.
      expect(await placeAt(now + 100_000_000)).toBe(1);
      await copy.changeBook.end(first, succeeded());
      expect(await claim()).toEqual({ kind: 'refused', why: 'behind', counter: single.counter });
      expect(await grant(second)).toEqual({ kind: 'granted' });
      await copy.changeBook.end(second, succeeded());
      expect(await grant(third)).toEqual({ kind: 'refused', why: 'behind', counter: single.counter });
      expect(await claim()).toMatchObject({ kind: 'claimed' });
      await copy.commands.settle(resultOf(ours), now);
    });

    it('given a change that takes the node out, then the fleet counts it once', async () => {
      const member = { pool: 'p', zone: 'z', labels: {}, unavailable: true, controlPlane: false };
      await copy.inventory.replace('a', [{ node: nodeNamed('n1'), ...member }], now);
      const [ours, another] = [commandOf(nodeNamed('n2'), 1), commandOf(nodeNamed('n3'), 1)];
      await issueCommands(copy, [ours, another]);
      const others = { cluster: 'a', where: {}, who: 'others' } as const;
      const claim = async (cap: number, { id: command } = ours): Promise<string> => {
        const budgets = [{ ...single, cap, outOfService: others }];
        return (await claimCommand(copy, command, { now, budgets })).kind;
      };
      expect(await claim(1)).toBe('refused');
      const id = await keep('n1', { operation: 'delete-node' });
      await grant(id, { budgets: [{ ...single, operation: 'delete-node' }] });
      expect(await claim(1)).toBe('refused');
      expect(await claim(2)).toBe('claimed');
      expect(await copy.changeBook.granted('delete-node')).toMatchObject([{ change: { id } }]);
      expect(await copy.changeBook.granted('isolate')).toEqual([]);
      await copy.changeBook.end(id, succeeded());
      expect(await copy.changeBook.granted('delete-node')).toEqual([]);
      expect(await claim(2, another)).toBe('refused');
      expect(await claim(3, another)).toBe('claimed');
    });
  });

  describe('a change that soaks', () => {
    const soaks = { soakMs: 1_000 } as const;
    const used = async (): Promise<unknown> => copy.guardBook.counters();

    it('keeps what it took while its node is watched, and then gives it back', async () => {
      const id = await granted('n1', soaks);
      expect(await copy.changeBook.end(id, succeeded())).toBe(true);
      expect(await copy.changeBook.end(id, succeeded())).toBe(false);
      const { said, until } = (await find(id)).soak ?? {};
      expect([said, until, (await find(id)).ended]).toEqual([succeeded(), succeeded().at + 1_000, undefined]);
      expect(await used()).toEqual([{ counter: single.counter, used: 1 }]);
      expect((await copy.changeBook.soaking()).map(({ change }) => change.id)).toEqual([id]);
      const end = { how: 'succeeded', by: 'deployer', at: now + 2_000 } as const;
      expect(await copy.changeBook.endSoak(id, end)).toBe(true);
      expect(await copy.changeBook.endSoak(id, end)).toBe(false);
      expect((await find(id)).ended).toEqual(end);
      expect([await used(), await copy.changeBook.soaking()]).toEqual([[], []]);
    });

    it('needs no sign of life, and is not lost', async () => {
      const id = await granted('n1', soaks);
      await copy.changeBook.end(id, succeeded());
      expect(await copy.changeBook.extend(id, now + 1)).toBe(false);
      expect(await copy.changeBook.takeBack(now + 10 * leaseMs)).toEqual([]);
      expect(await copy.changeBook.granted()).toEqual([]);
      const { rows } = await copy.changeBook.list({ open: true, limit: 10 });
      expect(rows.map(({ change }) => change.id)).toEqual([id]);
    });

    it('leaves its node to others: to our own commands at once, and to another change', async () => {
      const id = await granted('n1', soaks);
      const command = commandOf(nodeNamed('n1'), 1);
      await copy.changeBook.end(id, succeeded());
      expect(
        await grant(await keep('again', { node: nodeNamed('n1') }), {
          budgets: [budgetOf('other/in-flight/a', 1, 'returned')],
        }),
      ).toEqual({ kind: 'granted' });
      await copy.changeBook.end('c-again' as ChangeId, succeeded());
      await issueCommands(copy, [command]);
      const { version } = await copy.guardBook.present();
      const claim = { by: 'one', now, leaseMs: 100, budgets: [], guardVersion: version };
      expect(await copy.commands.claim(command.id, claim)).toMatchObject({ kind: 'claimed' });
    });

    it('knows of the first process that its node got since its client was done, and of none before', async () => {
      const [first, second] = [await granted('n1', soaks), await keep('n2', soaks)];
      await copy.changeBook.end(first, succeeded(now - 1));
      expect(await grant(second, { budgets: [] })).toEqual({ kind: 'granted' });
      await copy.changeBook.end(second, succeeded(now - 1));
      expect((await copy.changeBook.soaking()).map(({ faultSince }) => faultSince)).toEqual([
        undefined,
        undefined,
      ]);
      await issueCommands(copy, [commandOf(nodeNamed('n2'), 1)]);
      expect(
        (await copy.changeBook.soaking()).map(({ change, faultSince }) => [change.id, faultSince]),
      ).toEqual([
        [first, undefined],
        [second, { processId: processOf(nodeNamed('n2')), faultType: 'DiskFailure' }],
      ]);
    });

    it('is over at once when it failed or was cancelled', async () => {
      const id = await granted('n1', soaks);
      await copy.changeBook.end(id, { ...succeeded(), how: 'failed' });
      expect((await find(id)).ended?.how).toBe('failed');
      expect([await used(), await copy.changeBook.soaking()]).toEqual([[], []]);
    });
  });
}
