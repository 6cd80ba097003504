import { expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ChangeRow, GrantAnswer } from '../../../adapters/ports/change-book.js';
import type { RolloutChange } from '../../../domain/change.js';
import type { ChangeId, PauseId } from '../../../domain/identifiers.js';
import { claimCommand, issueCommands } from './claiming.js';
import { changeNamed } from './changes-suite.js';
import { budgetOf, commandOf, nodeNamed } from './decisions.js';
import { eachFresh, type Harness } from './harness.js';

const leaseMs = 1_000;

export function rolloutNamed(name: string, given: Partial<RolloutChange> = {}): RolloutChange {
  return {
    id: `c-${name}` as ChangeId,
    key: `key of ${name}`,
    owner: 'deployer',
    operation: 'release',
    reason: 'new kernel',
    rollout: { cluster: 'a', scope: { pools: ['gpu'], labels: { rack: ['r1'] } }, pauses: ['isolate'] },
    leaseMs,
    askedAt: 1_000_000,
    ...given,
  };
}

/** What a rollout does, on every journal. */
export function rolloutsSuite(harness: () => Harness): void {
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, async (fresh) => {
    copy = fresh.copy;
    now = fresh.installation.clock.now();
    await copy.upkeep.resume();
  });
  const grant = async (id: ChangeId): Promise<GrantAnswer> => {
    const { version } = await copy.guardBook.present();
    return copy.changeBook.grant(id, { now, budgets: [], guardVersion: version });
  };
  const granted = async (name: string, given: Partial<RolloutChange> = {}): Promise<ChangeId> => {
    const { change } = await copy.changeBook.keep(rolloutNamed(name, given), 0);
    expect(await grant(change.id)).toEqual({ kind: 'granted' });
    return change.id;
  };
  const find = async (id: ChangeId): Promise<ChangeRow | undefined> => copy.changeBook.find(id);
  const inForce = async (): Promise<readonly string[]> =>
    (await copy.guardBook.present()).pauses.map(({ id }) => id);
  const succeeded = { how: 'succeeded', by: 'deployer', at: 1_000_001 } as const;

  it('a rollout that has leave pauses what it says, with a cause, until it is done', async () => {
    const { version } = await copy.guardBook.present();
    const { change } = await copy.changeBook.keep(rolloutNamed('1'), 0);
    expect(await copy.changeBook.keep(rolloutNamed('1'), 0)).toMatchObject({ change });
    expect([change, await inForce()]).toEqual([rolloutNamed('1'), []]);
    await grant(change.id);
    const begun = await copy.guardBook.present();
    expect(begun.pauses).toEqual([
      {
        ...{ id: 'z-1', key: 'rollout:c-1', operations: ['isolate'] },
        where: { clusters: ['a'], pools: ['gpu'], labels: { rack: ['r1'] } },
        begun: { by: 'deployer', reason: 'a rollout is under way there: new kernel', at: now },
        rollout: { change: 'c-1', owner: 'deployer' },
      },
    ]);
    expect(begun.version).toBeGreaterThan(version);
    expect(await find(change.id)).toMatchObject({ leaseUntil: now + leaseMs, granted: { at: now } });
    expect(await copy.changeBook.end(change.id, succeeded)).toBe(true);
    expect(await inForce()).toEqual([]);
    expect((await copy.guardBook.present()).version).toBeGreaterThan(begun.version);
    expect((await copy.guardBook.find('z-1' as PauseId))?.ended).toEqual({
      ...{ how: 'over', by: 'deployer', reason: 'rollout c-1: succeeded', at: succeeded.at },
    });
    expect(await copy.pauseNews.tell(10)).toBe(2);
  });

  it('a rollout whose client fell silent pauses no longer than its lease', async () => {
    const id = await granted('1');
    expect(await copy.changeBook.extend(id, now + 500)).toBe(true);
    await copy.changeBook.takeBack(now + leaseMs);
    expect(await inForce()).toEqual(['z-1']);
    expect(await copy.changeBook.takeBack(now + leaseMs + 500)).toMatchObject([{ change: { id } }]);
    expect(await inForce()).toEqual([]);
    expect((await copy.guardBook.find('z-1' as PauseId))?.ended).toMatchObject({
      ...{ how: 'over', by: 'faultline', reason: 'rollout c-1: lost', at: now + leaseMs + 500 },
    });
  });

  it('one that only waited, or is to pause nothing, pauses nothing', async () => {
    await copy.changeBook.keep(rolloutNamed('1'), 0);
    await granted('2', { rollout: { cluster: 'a', scope: {}, pauses: [] } });
    const { version } = await copy.guardBook.present();
    await copy.changeBook.end('c-1' as ChangeId, { ...succeeded, how: 'cancelled' });
    await copy.changeBook.end('c-2' as ChangeId, succeeded);
    expect((await copy.guardBook.present()).version).toBe(version);
    expect(await copy.guardBook.history({ limit: 9 })).toEqual({ rows: [] });
  });

  it('several go through one cluster, each with its pause, and none has a node', async () => {
    await granted('1');
    await granted('2', { owner: 'other' });
    expect(await inForce()).toEqual(['z-1', 'z-2']);
    const of = await copy.changeBook.list({ node: nodeNamed('n1'), limit: 9 });
    const all = await copy.changeBook.list({ limit: 9 });
    expect([of.rows.length, all.rows.length]).toEqual([0, 2]);
    await copy.changeBook.end('c-1' as ChangeId, succeeded);
    expect(await inForce()).toEqual(['z-2']);
    expect((await copy.changeBook.granted()).map(({ change }) => change.id)).toEqual(['c-2']);
  });

  it('a pause that a person has thawed stays so, and is ended once', async () => {
    const id = await granted('1');
    const thawed = { how: 'thawed', by: 'anna', reason: 'we must', at: now } as const;
    expect(await copy.guardBook.end('z-1' as PauseId, thawed)).toBe(true);
    await copy.changeBook.extend(id, now);
    expect(await inForce()).toEqual([]);
    await copy.changeBook.end(id, succeeded);
    expect((await copy.guardBook.find('z-1' as PauseId))?.ended).toEqual(thawed);
  });

  it('given a rollout that began after the guard was asked, then neither a command nor a change goes on by its answer', async () => {
    const { version } = await copy.guardBook.present();
    const command = commandOf(nodeNamed('n1'), 1);
    await issueCommands(copy, [command]);
    await copy.changeBook.keep(changeNamed('n2'), 0);
    const budgets = [budgetOf('isolate/in-flight/a', 9, 'returned')];
    await granted('1');
    expect(
      await copy.commands.claim(command.id, { by: 'one', now, leaseMs, budgets, guardVersion: version }),
    ).toMatchObject({ kind: 'refused', why: 'changed' });
    expect(
      await copy.changeBook.grant('c-n2' as ChangeId, { now, budgets, guardVersion: version }),
    ).toMatchObject({ kind: 'refused', why: 'changed' });
    await copy.changeBook.end('c-1' as ChangeId, succeeded);
    expect(await claimCommand(copy, command.id, { now, budgets })).toMatchObject({ kind: 'claimed' });
  });

  it('is no operation of a node that another policy could have held', async () => {
    await granted('1');
    const operations = [];
    for await (const one of copy.guardHistory.operations({ since: 0 })) operations.push(one);
    expect(operations).toEqual([]);
  });
}
