import { describe, expect, it } from 'vitest';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import type { KeptEvent, UndeliveredEvent, WebhookCursor } from '../../../adapters/ports/webhooks.js';
import { nodeNamed } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const cursor = (nextOffset: bigint, more: Partial<WebhookCursor> = {}): WebhookCursor => ({
  ...{ topic: 'fault.hardware', partition: 0, logId: 'log-1', nextOffset },
  ...more,
});

const undelivered = (offset: bigint, more: Partial<UndeliveredEvent> = {}): UndeliveredEvent => ({
  ...{
    topic: 'fault.hardware',
    place: { logId: 'log-1', partition: 0, offset },
    node: 'a/n1',
    eventId: `a/n1@${offset}`,
  },
  ...{
    json: `{"id":"\\u0000${offset}"}`,
    appendedAt: 5,
    state: 'waiting',
    firstTriedAt: 7,
    tries: 1,
    dueAt: 9,
  },
  reason: 'status 500',
  ...more,
});

/** What is kept of subscribers by webhook, on every journal. */
export function webhooksSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal & OpenWebhooks;
  eachFresh(harness, async (fresh) => {
    ({ installation, copy } = fresh);
    await copy.webhooks.enrol(['s', 'other']);
  });

  /** Keeps some events of `s`. */
  async function kept(...events: readonly UndeliveredEvent[]): Promise<readonly KeptEvent[]> {
    await copy.webhooks.begin('s', cursor(0n));
    return copy.webhooks.advance('s', cursor(10n), events);
  }

  describe('subscribers by webhook', () => {
    it('are enrolled once, and stay as they are', async () => {
      await copy.webhookDesk.pause('s', { subject: 'anna', reason: 'moving', at: 3 });
      await copy.webhooks.enrol(['s', 'third']);
      expect(await copy.webhookDesk.states()).toEqual([
        { name: 'other', orders: 0, waiting: 0, dead: 0 },
        { name: 's', orders: 1, waiting: 0, dead: 0, paused: { subject: 'anna', reason: 'moving', at: 3 } },
        { name: 'third', orders: 0, waiting: 0, dead: 0 },
      ]);
      expect(await copy.webhooks.state('nobody')).toBeUndefined();
    });

    it('are served by one copy at a time; when that is gone another may', async () => {
      const other = await installation.open();
      expect(await copy.webhooks.acquire('s')).toBe(true);
      expect([copy.webhooks.holds('s'), other.webhooks.holds('s')]).toEqual([true, false]);
      expect([await copy.webhooks.acquire('s'), await other.webhooks.acquire('s')]).toEqual([false, false]);
      expect(await other.webhooks.acquire('other')).toBe(true);
      await copy.close();
      await expect.poll(() => other.webhooks.acquire('s')).toBe(true);
      await other.webhooks.release('s');
      expect(other.webhooks.holds('s')).toBe(false);
    });

    it('begin where they are told to, once for each log, and only go on', async () => {
      const { webhooks } = copy;
      await webhooks.begin('s', cursor(5n));
      await webhooks.begin('s', cursor(3n));
      await webhooks.advance('s', cursor(9n), []);
      await webhooks.advance('s', cursor(7n), []);
      expect(await webhooks.cursors('s')).toEqual([cursor(9n)]);
      expect(await webhooks.cursors('other')).toEqual([]);
      await webhooks.begin('s', cursor(0n, { logId: 'log-2' }));
      await webhooks.advance('s', cursor(20n), []);
      expect(await webhooks.cursors('s')).toEqual([cursor(0n, { logId: 'log-2' })]);
    });

    it('have what they did not get kept with the cursor, in order, byte for byte', async () => {
      const events = [
        undelivered(3n),
        undelivered(1n, { node: 'a/n2', replayId: 'again' }),
        undelivered(2n, { state: 'dead' }),
      ];
      const [first, second] = await kept(...events);
      expect(await copy.webhooks.cursors('s')).toEqual([cursor(10n)]);
      expect(await copy.webhooks.waiting('s')).toEqual([
        { ...events[0], id: first?.id },
        { ...events[1], id: second?.id },
      ]);
      expect(await copy.webhooks.waiting('other')).toEqual([]);
      expect((await copy.webhookDesk.undelivered('s', { limit: 9 })).map(({ eventId }) => eventId)).toEqual([
        'a/n1@3',
        'a/n1@1',
        'a/n1@2',
      ]);
      expect(await copy.webhooks.state('s')).toMatchObject({ waiting: 2, dead: 1, waitingSince: 5 });
    });

    it('have an event that is kept twice once, as it was kept last', async () => {
      const [first] = await kept(undelivered(1n));
      const [again] = await kept(undelivered(1n, { tries: 4, replayId: 'again' }));
      expect(again?.id).toBe(first?.id);
      expect(await copy.webhooks.waiting('s')).toMatchObject([{ tries: 4, replayId: 'again' }]);
    });

    it('have it forgotten when it is delivered, and put off when it failed', async () => {
      const [one, two, three] = await kept(undelivered(1n), undelivered(2n), undelivered(3n));
      await copy.webhooks.delivered(one?.id ?? '');
      await copy.webhooks.failed(two?.id ?? '', { state: 'waiting', tries: 2, dueAt: 50, reason: 'timeout' });
      await copy.webhooks.failed(three?.id ?? '', { state: 'dead', tries: 9, dueAt: 50, reason: 'old' });
      expect(await copy.webhookDesk.undelivered('s', { limit: 9 })).toMatchObject([
        { eventId: 'a/n1@2', state: 'waiting', tries: 2, dueAt: 50, reason: 'timeout' },
        { eventId: 'a/n1@3', state: 'dead', tries: 9, reason: 'old' },
      ]);
    });

    it('have dead ones tried again, and any dropped, when a person says so; what is decided already is left alone', async () => {
      const [waiting, dead, other] = await kept(
        undelivered(1n),
        undelivered(2n, { state: 'dead', tries: 9 }),
        undelivered(3n, { state: 'dead' }),
      );
      const ids = [waiting, dead, other].map((event) => event?.id ?? '');
      expect(await copy.webhookDesk.retry('s', ids.slice(0, 2).reverse(), 100)).toEqual([dead?.id]);
      expect(await copy.webhooks.waiting('s')).toMatchObject([
        { eventId: 'a/n1@1' },
        { eventId: 'a/n1@2', tries: 0, firstTriedAt: 100, dueAt: 100 },
      ]);
      const decision = { subject: 'anna', reason: 'of no use', at: 101 };
      expect(await copy.webhookDesk.drop('s', ids, decision)).toEqual(ids);
      expect(await copy.webhookDesk.drop('s', ids, decision)).toEqual([]);
      expect(await copy.webhookDesk.undelivered('s', { limit: 9 })).toEqual([]);
      expect(await copy.webhooks.state('s')).toMatchObject({ orders: 2, waiting: 0, dead: 0 });
    });

    it('are paused with the first reason, and resumed', async () => {
      const first = { subject: 'the subscriber itself', reason: 'status 410', at: 1 };
      await copy.webhooks.pause('s', first);
      await copy.webhookDesk.pause('s', { ...first, reason: 'another' });
      expect(await copy.webhooks.state('s')).toMatchObject({ orders: 1, paused: first });
      await copy.webhookDesk.resume('s', 9);
      await copy.webhookDesk.resume('s', 9);
      expect(await copy.webhooks.state('s')).toEqual({ name: 's', orders: 2, waiting: 0, dead: 0 });
    });

    it('have what waits for them grow no older while they are paused', async () => {
      await kept(
        undelivered(1n, { firstTriedAt: 100 }),
        undelivered(2n, { firstTriedAt: 100, state: 'dead' }),
        undelivered(3n, { firstTriedAt: 800 }),
      );
      const ages = async () =>
        (await copy.webhookDesk.undelivered('s', { limit: 9 })).map(({ firstTriedAt }) => firstTriedAt);
      await copy.webhookDesk.resume('s', 500);
      expect(await ages()).toEqual([100, 100, 800]);
      // The third was under way when it was paused.
      await copy.webhookDesk.pause('s', { subject: 'anna', reason: 'moving', at: 700 });
      await copy.webhookDesk.resume('s', 1_000);
      expect(await ages()).toEqual([400, 100, 1_000]);
      await copy.webhookDesk.resume('s', 5_000);
      expect(await ages()).toEqual([400, 100, 1_000]);
      await copy.webhookDesk.pause('s', { subject: 'anna', reason: 'a clock that is ahead', at: 6_000 });
      await copy.webhookDesk.resume('s', 5_500);
      expect(await ages()).toEqual([400, 100, 1_000]);
    });

    it('go back when a replay begins, which is then no longer ordered', async () => {
      const { webhooks, webhookDesk } = copy;
      await webhooks.begin('s', cursor(9n));
      await webhookDesk.replay('s', { id: 'again', since: 4 });
      expect(await webhooks.state('s')).toMatchObject({ orders: 1, replay: { id: 'again', since: 4 } });
      const back = cursor(2n, { replay: { id: 'again', until: 9n } });
      await webhooks.beginReplay('s', [back]);
      expect(await webhooks.cursors('s')).toEqual([back]);
      expect(await webhooks.state('s')).toEqual({ name: 's', orders: 1, waiting: 0, dead: 0 });
      await webhooks.advance('s', cursor(4n), []);
      expect(await webhooks.cursors('s')).toEqual([{ ...back, nextOffset: 4n }]);
      expect(await webhooks.journalReplay('s')).toBeUndefined();
    });

    it('have a replay in the journal go on node after node, never back, until it is told or another begins', async () => {
      const { webhooks, webhookDesk } = copy;
      const wanted = { id: 'again', since: 4, until: 90 };
      const at = (name: string, version: number) => ({
        id: 'again',
        next: { node: nodeNamed(name), version },
      });
      await webhooks.begin('s', cursor(9n));
      await webhookDesk.replay('s', { id: 'again', since: 4 });
      await webhooks.beginReplay('s', [], wanted);
      expect(await webhooks.state('s')).toEqual({ name: 's', orders: 1, waiting: 0, dead: 0 });
      expect(await webhooks.journalReplay('s')).toEqual(wanted);
      expect(await webhooks.journalReplay('other')).toBeUndefined();
      await webhooks.advanceJournalReplay('s', at('n2', 7), []);
      await webhooks.advanceJournalReplay('s', at('n2', 3), []);
      await webhooks.advanceJournalReplay('s', at('n10', 99), []);
      await webhooks.advanceJournalReplay('s', { ...at('n3', 1), id: 'another' }, []);
      expect(await webhooks.journalReplay('s')).toEqual({ ...wanted, next: at('n2', 7).next });
      expect(await webhooks.cursors('s')).toEqual([cursor(9n)]);
      // What the log tells again does not end it.
      await webhooks.beginReplay('s', []);
      await webhooks.endJournalReplay('s', 'another');
      expect(await webhooks.journalReplay('s')).toMatchObject({ id: 'again', next: { version: 7 } });
      await webhooks.beginReplay('s', [], { ...wanted, id: 'anew' });
      expect(await webhooks.journalReplay('s')).toEqual({ ...wanted, id: 'anew' });
      await webhooks.endJournalReplay('s', 'anew');
      expect(await webhooks.journalReplay('s')).toBeUndefined();
    });

    it('have what was made again and not delivered kept with its place in the journal, once by its id', async () => {
      const { webhooks } = copy;
      const { place: _inLog, ...again } = undelivered(1n, { replayId: 'again' });
      await kept(undelivered(1n));
      await webhooks.beginReplay('s', [], { id: 'again', since: 0, until: 90 });
      const order = { id: 'again', next: { node: nodeNamed('n1'), version: 2 } };
      const [first] = await webhooks.advanceJournalReplay('s', order, [again]);
      expect(await webhooks.journalReplay('s')).toMatchObject({ next: order.next });
      const [second] = await webhooks.advanceJournalReplay('s', order, [{ ...again, tries: 4 }]);
      expect(second?.id).toBe(first?.id);
      // Beside it waits the one of the log, which comes for the first time.
      expect(await webhooks.waiting('s')).toEqual([
        { ...undelivered(1n), id: expect.any(String) as string },
        { ...again, tries: 4, id: first?.id },
      ]);
      await webhooks.delivered(first?.id ?? '');
      expect(await webhooks.waiting('s')).toHaveLength(1);
    });
  });
}
