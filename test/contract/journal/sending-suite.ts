import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { outboxPartitionOf } from '../../../adapters/journal/digests.js';
import type { FleetMember, NewOutboxEntry } from '../../../adapters/ports/journal.js';
import type { Signal } from '../../../domain/signal.js';
import { unsentCauses, unsentSignals } from './commands-suite.js';
import { batch, nodeNamed, noteMessage, processOf, report, starting, timerOf } from './decisions.js';
import { eachFresh, jsonWriter, type Harness, type Installation } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');

/** What timers, outbox, history and inventory promise, on every journal. */
export function sendingSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let now: number;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
    now = installation.clock.now();
  });

  describe('timers', () => {
    const set = (...timers: ReturnType<typeof timerOf>[]): Promise<unknown> =>
      copy.journal.advance(batch([report(n1)], { decide: starting([], timers) }));

    it('fire once when due, as a signal each', async () => {
      await set(timerOf(n1, 'early', now), timerOf(n1, 'late', now + 10));
      expect(await copy.timers.fireDue(now - 1, 10)).toBe(0);
      expect(await copy.timers.fireDue(now, 10)).toBe(1);
      expect(await copy.timers.fireDue(now, 10)).toBe(0);
      expect(await unsentSignals(copy)).toEqual([
        { kind: 'TimerFired', processId: processOf(n1), stageEntry: 1, timer: 'early' },
      ]);
      expect(await copy.timers.nextDue(0)).toBe(now + 10);
      expect(await copy.timers.nextDue(now + 10)).toBeUndefined();
    });

    it('follow from the event that set them last', async () => {
      const setBy = (version: number, dueAt: number): ReturnType<typeof timerOf> => ({
        ...timerOf(n1, 'check', dueAt),
        issuedBy: `a/n1@1.${version}/ProcessEvent`,
      });
      await set(setBy(4, now - 9), timerOf(n1, 'of an earlier release', now));
      await set(setBy(7, now - 1));
      await copy.timers.fireDue(now, 10);
      expect(await unsentCauses(copy)).toEqual(['a/n1@1.7/ProcessEvent', undefined]);
    });

    it('keep the journal from being idle once they are due', async () => {
      await set(timerOf(n1, 'early', now + 10));
      for (const partition of [0, 1])
        await copy.outbox.markSent(await copy.outbox.unsent([partition], 10), now);
      expect(await copy.upkeep.isIdle(now + 9)).toBe(true);
      expect(await copy.upkeep.isIdle(now + 10)).toBe(false);
    });

    it('replace an earlier one of the same name', async () => {
      await set(timerOf(n1, 'deadline', now));
      await set(timerOf(n1, 'deadline', now + 100));
      expect(await copy.timers.fireDue(now, 10)).toBe(0);
      expect(await copy.timers.nextDue(0)).toBe(now + 100);
    });

    it('fire once although two copies fire', async () => {
      const timers = Array.from({ length: 40 }, (_, index) => timerOf(n1, `t${index}`, now));
      await set(...timers);
      const other = await installation.open();
      const fired = await Promise.all(
        Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? copy : other).timers.fireDue(now, 10)),
      );
      const rest = await copy.timers.fireDue(now, 100);
      expect(fired.reduce((sum, count) => sum + count, rest)).toBe(40);
      expect(await unsentSignals(copy)).toHaveLength(40);
    });

    it('fire at most as many as asked for, earliest first', async () => {
      await set(timerOf(n1, 'b', now - 1), timerOf(n1, 'a', now - 2), timerOf(n1, 'c', now));
      expect(await copy.timers.fireDue(now, 2)).toBe(2);
      const names = (await unsentSignals(copy)).map((signal) =>
        signal.kind === 'TimerFired' ? signal.timer : signal.kind,
      );
      expect(names).toEqual(['a', 'b']);
    });

    it('fire in one order when they are due at one instant (seed 77: it was the order of the rows)', async () => {
      await set(timerOf(n1, 'b', now), timerOf(n1, 'B', now), timerOf(n1, 'c', now), timerOf(n1, 'a', now));
      expect(await copy.timers.fireDue(now, 3)).toBe(3);
      expect(await copy.timers.fireDue(now, 3)).toBe(1);
      const names = (await unsentSignals(copy)).map((signal) =>
        signal.kind === 'TimerFired' ? signal.timer : signal.kind,
      );
      expect(names).toEqual(['B', 'a', 'b', 'c']);
    });

    it('wake who waits for a change', async () => {
      await copy.timers.fireDue(now, 10);
      const woken = copy.timers.awaitChange(new AbortController().signal);
      await set(timerOf(n1, 'a', now));
      await woken;
      expect(await copy.timers.nextDue(0)).toBe(now);
    });
  });

  describe('the outbox', () => {
    const publish = (entries: readonly NewOutboxEntry[]): Promise<unknown> =>
      copy.journal.advance(
        batch([], {
          deadLetters: entries.map((entry) => ({ offset: 1n << 40n, entry })),
          nextOffset: 1n << 41n,
        }),
      );
    const entryOf = (key: string, body: string): NewOutboxEntry => ({
      topic: 't',
      key,
      event: 'E',
      body: Buffer.from(body),
      headers: { a: 'ü' },
    });

    const signal: Signal = {
      kind: 'MigrationAnnounced',
      processId: processOf(n1),
      stageEntry: 2,
      requestId: 'm-1',
    };

    it('keeps entries of a key in order, on one partition', async () => {
      await publish(
        Array.from({ length: 50 }, (_, index) => entryOf(index % 2 === 0 ? 'x' : 'y', `${index}`)),
      );
      const x = await copy.outbox.unsent([outboxPartitionOf('x', 2)], 100);
      const bodies = x.filter(({ key }) => key === 'x').map(({ body }) => Number(body?.toString()));
      expect(bodies).toEqual(Array.from({ length: 25 }, (_, index) => index * 2));
      expect(x[0]).toMatchObject({ topic: 't', event: 'E', headers: { a: 'ü' } });
      expect(await copy.outbox.backlog()).toBe(50);
    });

    it('gives no more than asked for, and not again what was sent', async () => {
      await publish([entryOf('x', '1'), entryOf('x', '2')]);
      const partition = outboxPartitionOf('x', 2);
      const first = await copy.outbox.unsent([partition], 1);
      expect(first).toHaveLength(1);
      await copy.outbox.markSent(first, now);
      await copy.outbox.markSent(first, now);
      const rest = await copy.outbox.unsent([partition], 10);
      expect(rest.map(({ body }) => body?.toString())).toEqual(['2']);
      expect(await copy.outbox.backlog()).toBe(1);
    });

    it('keeps what stands before that which was sent: marks are no cursor, as one that commits late stands before', async () => {
      await publish([entryOf('x', 'late'), entryOf('x', 'sent')]);
      const partition = outboxPartitionOf('x', 2);
      const entries = await copy.outbox.unsent([partition], 10);
      await copy.outbox.markSent(entries.slice(1), now);
      const rest = await copy.outbox.unsent([partition], 10);
      expect(rest.map(({ body }) => body?.toString())).toEqual(['late']);
    });

    it('writes what was asked for on acknowledgement, once', async () => {
      await publish([{ ...entryOf('x', '1'), whenSent: { node: n1, signal } }]);
      const entries = await copy.outbox.unsent([outboxPartitionOf('x', 2)], 10);
      expect(entries[0]?.whenSent).toEqual({ node: n1, signal });
      expect(await unsentSignals(copy)).toEqual([]);
      await copy.outbox.markSent(entries, now);
      await copy.outbox.markSent(entries, now);
      expect(await unsentSignals(copy)).toEqual([signal]);
    });

    it('says of what is written on acknowledgement that it follows from what was acknowledged', async () => {
      const headers = { ce_id: 'a/n1@1.3/MigrationRequested' };
      await publish([{ ...entryOf('x', '1'), headers, whenSent: { node: n1, signal } }]);
      await copy.outbox.markSent(await copy.outbox.unsent([outboxPartitionOf('x', 2)], 10), now);
      expect(await unsentCauses(copy)).toEqual([headers.ce_id]);
    });

    it('has one sender per partition, until it lets go or ends', async () => {
      const other = await installation.open();
      expect(await copy.outbox.acquire(0)).toBe(true);
      expect(await copy.outbox.acquire(0)).toBe(false);
      expect(await other.outbox.acquire(0)).toBe(false);
      expect(await other.outbox.acquire(1)).toBe(true);
      await copy.outbox.release(0);
      expect(await other.outbox.acquire(0)).toBe(true);
      await other.close();
      await expect.poll(() => copy.outbox.acquire(1)).toBe(true);
    });

    it('wakes who waits for entries', async () => {
      const partition = outboxPartitionOf('x', 2);
      await copy.outbox.unsent([partition], 10);
      const woken = copy.outbox.awaitEntries([partition], new AbortController().signal);
      await publish([entryOf('x', '1')]);
      await woken;
      expect(await copy.outbox.backlog()).toBe(1);
    });

    it('lets the reader of one partition wait while another partition has entries that nobody read yet', async () => {
      const busy = outboxPartitionOf('x', 2);
      await copy.outbox.unsent([busy], 10);
      await publish([entryOf('x', '1')]);
      await copy.outbox.unsent([1 - busy], 10);
      const giveUp = new AbortController();
      const waited = copy.outbox.awaitEntries([1 - busy], giveUp.signal).then(() => giveUp.signal.aborted);
      await copy.outbox.backlog();
      giveUp.abort();
      expect(await waited, 'it was woken for nothing').toBe(true);
    });

    it('is idle when nothing is unsent, due or claimable', async () => {
      const idle = (at: number): Promise<boolean> => copy.upkeep.isIdle(at);
      expect(await idle(now)).toBe(true);
      await publish([entryOf('x', '1')]);
      expect(await idle(now)).toBe(false);
      const partition = outboxPartitionOf('x', 2);
      await copy.outbox.markSent(await copy.outbox.unsent([partition], 10), now);
      expect(await idle(now)).toBe(true);
    });

    it('forgets sent entries when pruned, never unsent ones', async () => {
      await publish([entryOf('x', '1'), entryOf('x', '2')]);
      await copy.outbox.markSent(await copy.outbox.unsent([outboxPartitionOf('x', 2)], 1), now);
      await copy.upkeep.prune(now + 1);
      expect(await copy.outbox.backlog()).toBe(1);
    });
  });

  describe('history', () => {
    it('lists states page by page, of one cluster when asked', async () => {
      const nodes = ['n1', 'n10', 'n2', 'z'].map(nodeNamed);
      const foreign = report('a-b/n1' as typeof n1);
      const inputs = [...nodes.map((node) => report(node)), foreign];
      await copy.journal.advance(batch(inputs));
      const first = await copy.history.states({ cluster: 'a', limit: 3 });
      expect(first.rows.map(({ node }) => node)).toEqual(['a/n1', 'a/n10', 'a/n2']);
      if (first.next === undefined) throw new Error('there is a second page');
      const second = await copy.history.states({ cluster: 'a', limit: 3, after: first.next });
      expect(second).toEqual({ rows: [await copy.history.state(nodeNamed('z'))] });
      expect((await copy.history.states({ limit: 10 })).rows).toHaveLength(5);
    });

    it('gives facts from a version on, until a time', async () => {
      const inputs = [report(n1, 'a'), report(n1, 'b'), report(n1, 'c')];
      await copy.journal.advance(batch(inputs));
      const until = inputs[1]?.at ?? 0;
      const versions = async (query: { fromVersion: number; until?: number; limit: number }) =>
        (await copy.history.facts(n1, query)).map(({ version }) => version);
      expect(await versions({ fromVersion: 2, limit: 10 })).toEqual([2, 3]);
      expect(await versions({ fromVersion: 1, until, limit: 10 })).toEqual([1, 2]);
      expect(await versions({ fromVersion: 1, limit: 1 })).toEqual([1]);
    });

    it('lists processes page by page without losing one', async () => {
      const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'].map(nodeNamed);
      await copy.journal.advance(
        batch(
          nodes.map((node) => report(node)),
          { decide: starting([]) },
        ),
      );
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await copy.history.processes({ limit: 2, ...(after === undefined ? {} : { after }) });
        seen.push(...page.rows.map(({ processId }) => processId));
        after = page.next;
      } while (after !== undefined);
      expect([...seen].sort()).toEqual(nodes.map((node) => processOf(node)));
    });

    it('knows nothing of a node never heard of', async () => {
      expect(await copy.history.state(n1)).toBeUndefined();
      expect(await copy.history.facts(n1, { fromVersion: 1, limit: 1 })).toEqual([]);
      expect(await copy.history.process(processOf(n1))).toBeUndefined();
      expect(await copy.history.commands(processOf(n1))).toEqual([]);
      expect(await copy.history.repeats(n1)).toEqual([]);
    });
  });

  describe('the inventory', () => {
    const member = (node: typeof n1, unavailable = false): FleetMember => ({
      node,
      pool: 'p',
      zone: 'z',
      labels: { rack: 'r1' },
      unavailable,
      controlPlane: false,
    });

    it('is unknown until it was observed', async () => {
      expect(await copy.inventory.picture('a')).toBeUndefined();
      expect(await copy.inventory.member(n1)).toBeUndefined();
      await copy.inventory.replace('a', [], 5);
      expect(await copy.inventory.picture('a')).toEqual({ cluster: 'a', observedAt: 5, groups: [] });
    });

    it('is replaced as a whole, and changed node by node', async () => {
      await copy.inventory.replace('a', [member(n1), member(n2, true)], 5);
      await copy.inventory.replace('b', [member('b/n1' as typeof n1)], 6);
      expect(await copy.inventory.picture('a')).toMatchObject({ groups: [{ size: 2 }] });
      await copy.inventory.change('a', { changed: [member(n1, true)], gone: [] }, 7);
      expect(await copy.inventory.member(n1)).toEqual(member(n1, true));
      expect(await copy.inventory.picture('a')).toMatchObject({ observedAt: 7 });
      await copy.inventory.change('a', { changed: [member(n2)], gone: [n1] }, 8);
      await copy.inventory.replace('a', [member(n2)], 4);
      expect(await copy.inventory.picture('a')).toEqual({
        cluster: 'a',
        observedAt: 8,
        groups: [{ pool: 'p', zone: 'z', labels: { rack: 'r1' }, size: 1 }],
      });
      expect(await copy.inventory.picture('b')).toMatchObject({ groups: [{ size: 1 }] });
      const place = { pool: 'p', zone: 'z', labels: { rack: 'r1' } };
      expect(
        (await copy.inventory.places()).toSorted((one, other) => one.node.localeCompare(other.node)),
      ).toEqual([
        { node: n2, ...place },
        { node: 'b/n1', ...place },
      ]);
    });
  });

  it('publishes what was decided in the order of the facts', async () => {
    const other = await installation.open({ writer: jsonWriter });
    await other.journal.advance(batch([report(n1, 'a'), report(n1, 'b')], { decide: noteMessage }));
    const entries = await copy.outbox.unsent([outboxPartitionOf(n1, 2)], 10);
    expect(
      entries.map(({ body }) => (JSON.parse(body?.toString() ?? '') as { version: number }).version),
    ).toEqual([1, 2]);
  });
}
