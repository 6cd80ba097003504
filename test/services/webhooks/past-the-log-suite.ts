import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import { topicsOfFacts } from '../../../services/journal-events.js';
import { batch, nodeNamed, report } from '../../contract/journal/decisions.js';
import { fates } from '../published-fates.js';
import { answered, DeliverySite, type Listener, type OpenCopy } from './delivery-site.js';

const patience = { timeout: 20_000 };
const all = { id: 'again', since: 0 };

/** A replay to a subscriber by webhook whose beginning the log has forgotten. */
export function pastTheLogSuite(openCopy: () => Promise<OpenCopy | undefined>): void {
  let site: DeliverySite;
  let listener: Listener;
  beforeEach(async () => {
    site = await DeliverySite.open(await openCopy());
    listener = site.listener();
  });
  afterEach(() => site.close());

  /** Decides so much of each node, and publishes it. */
  async function publish(nodes: number, ofEach: number): Promise<readonly NewOutboxEntry[]> {
    for (let round = 0; round < ofEach; round += 1)
      await site.journal.journal.advance(
        batch(Array.from({ length: nodes }, (_, number) => report(nodeNamed(`n${number}`)))),
      );
    const entries = await site.relay();
    return entries.filter(({ topic }) => topicsOfFacts.includes(topic));
  }

  const idsOf = (entries: readonly NewOutboxEntry[]) =>
    entries.map(({ headers }) => headers['ce_id'] ?? '').toSorted();
  const marked = () => listener.received.filter(({ headers }) => headers['ce-replay'] === 'again');
  const unmarked = () => listener.received.filter(({ headers }) => headers['ce-replay'] === undefined);
  const idsIn = (received: Listener['received']) =>
    [...new Set(received.map(({ headers }) => headers['ce-id'] ?? ''))].toSorted();

  /** Of each node in order, whatever came twice. */
  function expectOrderOf(received: Listener['received']): void {
    const told = new Map<string, number>();
    for (const { headers } of received) {
      const node = headers['ce-subject'] ?? '';
      const version = Number(headers['ce-sequence']?.split('.')[1]);
      const before = told.get(node) ?? 0;
      expect(version, `${node} after ${before}`).toBeLessThanOrEqual(before + 1);
      told.set(node, Math.max(before, version));
    }
  }

  /** From the so-manieth on its requests are not answered, until they are all let go. */
  function holdFrom(number: number): () => void {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    listener.answer = async () => {
      if (listener.received.length > number) await held;
      return answered(204);
    };
    return release;
  }

  /** Whoever has seen an order looks for no other until what is under way is over. */
  async function untilOrderIsSeen({
    looks,
  }: Pick<Awaited<ReturnType<typeof givenForgotten>>['copy'], 'looks'>) {
    const looksNoMore = async (): Promise<boolean> => {
      const before = looks();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return looks() === before;
    };
    await expect.poll(looksNoMore, patience).toBe(true);
  }

  /** It has got all that is published, and then the log forgets it. */
  async function givenForgotten(nodes: number, ofEach: number) {
    const subscriber = site.subscriber('s', { topic: [...topicsOfFacts] }, { concurrency: 32 });
    const published = await publish(nodes, ofEach);
    const copy = site.run([subscriber, listener]);
    await expect.poll(() => listener.ids.length, patience).toBe(published.length);
    await expect.poll(() => copy.figures(), patience).toMatchObject([{ lagMs: 0 }]);
    await site.forget(topicsOfFacts);
    listener.received.length = 0;
    return { subscriber, published, copy };
  }

  describe('a replay whose beginning the log has forgotten', () => {
    it('is told from the journal, marked and each node in order; then what is new comes from the log, unmarked', async () => {
      const { published } = await givenForgotten(6, 20);
      await site.desk.replay('s', all);
      await expect.poll(() => listener.received.length, patience).toBe(published.length);
      const more = await publish(6, 1);
      await expect.poll(() => unmarked().length, patience).toBe(more.length);
      expect(idsIn(marked())).toEqual(idsOf(published));
      expect(idsIn(unmarked())).toEqual(idsOf(more));
      expectOrderOf(listener.received);
      expect(listener.mostOfOneNode).toBe(1);
      const [first] = listener.received;
      expect(first?.headers).toMatchObject({
        'ce-topic': 'maintenance.events',
        'ce-type': 'dev.faultline.ProcessEvent',
        'ce-source': '/faultline/t/maintenance',
      });
      expect(first?.headers['ce-offset']).toBeUndefined();
      expect(JSON.parse(first?.body.toString() ?? '')).toMatchObject({ cluster: 'a', type: 'FaultOpened' });
    });

    it('leaves nothing out that is published while the journal is read, and tells it after what is older of its node', async () => {
      const { published } = await givenForgotten(6, 20);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      listener.answer = async () => {
        if (marked().length > 40) await held;
        return answered(204);
      };
      await site.desk.replay('s', all);
      await expect.poll(() => marked().length, patience).toBeGreaterThan(40);
      const meanwhile = await publish(6, 3);
      release();
      await expect.poll(() => idsIn(unmarked()), patience).toEqual(idsOf(meanwhile));
      expect(idsIn(listener.received)).toEqual(idsOf([...published, ...meanwhile]));
      expectOrderOf(listener.received);
    });

    it('is told on from where it was by the copy that takes over, and not from its beginning', async () => {
      const { subscriber, published, copy } = await givenForgotten(100, 20);
      await site.desk.replay('s', all);
      await expect.poll(() => marked().length, patience).toBeGreaterThan(1_200);
      copy.kill();
      site.run([subscriber, listener]);
      await expect.poll(() => idsIn(marked()).length, patience).toBe(published.length);
      // A replay's last eight hundred come again after a crash, and no more.
      expect(marked().length).toBeLessThan(published.length + 801);
      expectOrderOf(marked());
      const more = await publish(2, 1);
      await expect.poll(() => idsIn(unmarked()), patience).toEqual(idsOf(more));
    });

    it('stands still while it is paused, and goes on where it was', async () => {
      const { published, copy } = await givenForgotten(100, 20);
      const release = holdFrom(1_000);
      await site.desk.replay('s', all);
      await expect.poll(() => marked().length, patience).toBeGreaterThan(1_000);
      await site.desk.pause('s', { subject: 'anna', reason: 'moves house', at: site.clock.now() });
      await untilOrderIsSeen(copy);
      release();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = marked().length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(marked().length).toBe(before);
      expect(before).toBeLessThan(published.length);
      await site.desk.resume('s', site.clock.now());
      await expect.poll(() => idsIn(marked()).length, patience).toBe(published.length);
      expect(marked().length).toBeLessThan(published.length + 801);
      expectOrderOf(marked());
    });

    it('has what is refused wait, and then dead, without a place in the log; the next of its node goes', async () => {
      const { subscriber, published, copy } = await givenForgotten(3, 4);
      await copy.stop();
      const bad = published.find(({ key }) => key === 'a/n1')?.headers['ce_id'] ?? '';
      let isBad = true;
      listener.answer = ({ headers }) => answered(isBad && headers['ce-id'] === bad ? 422 : 204);
      site.run([{ ...subscriber, retryForMs: 60_000 }, listener]);
      await site.desk.replay('s', all);
      await expect.poll(() => idsIn(marked()).length, patience).toBe(published.length);
      const [dead] = await site.desk.undelivered('s', { limit: 9 });
      expect(dead).toMatchObject({ state: 'dead', eventId: bad, replayId: 'again', reason: 'status 422' });
      expect(dead?.place).toBeUndefined();
      isBad = false;
      const before = listener.received.length;
      expect(await site.desk.retry('s', [dead?.id ?? ''], site.clock.now())).toEqual([dead?.id]);
      await expect.poll(() => listener.received.length, patience).toBe(before + 1);
      await expect.poll(() => site.desk.undelivered('s', { limit: 9 }), patience).toEqual([]);
      expect(listener.received.at(-1)?.headers).toMatchObject({ 'ce-id': bad, 'ce-replay': 'again' });
    });

    it('leaves a subscriber alone that asks for a rest, and misses nothing', async () => {
      const { published } = await givenForgotten(6, 20);
      let rests = 0;
      listener.answer = () => {
        rests += 1;
        return rests <= 2 ? answered(503, { retryAfter: '60' }) : answered(204);
      };
      await site.desk.replay('s', all);
      await expect.poll(async () => (await site.desk.state('s'))?.waiting, patience).toBeGreaterThan(50);
      expect(listener.received.length).toBeLessThan(40);
      await expect.poll(() => idsIn(marked()).length, patience).toBe(published.length);
      expectOrderOf(marked());
      await expect.poll(() => site.desk.undelivered('s', { limit: 9 }), patience).toEqual([]);
    });

    it('counts as behind until it is told', async () => {
      const { copy } = await givenForgotten(6, 20);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      listener.answer = async () => {
        await held;
        return answered(204);
      };
      await site.desk.replay('s', all);
      // Decided long ago, by the clock of these tests.
      await expect.poll(() => copy.figures()[0]?.lagMs, patience).toBeGreaterThan(1_000_000_000);
      release();
      await expect.poll(() => copy.figures()[0]?.lagMs, patience).toBe(0);
    });

    it('from a time on has only what was decided since', async () => {
      const { published } = await givenForgotten(3, 4);
      const times = published.map(({ headers }) => Date.parse(headers['ce_time'] ?? '')).toSorted();
      const since = times[7] ?? 0;
      await site.desk.replay('s', { id: 'again', since });
      const wanted = published.filter(({ headers }) => Date.parse(headers['ce_time'] ?? '') >= since);
      await expect.poll(() => marked().length, patience).toBe(wanted.length);
      await publish(3, 1);
      await expect.poll(() => unmarked().length, patience).toBe(3);
      expect(idsIn(marked())).toEqual(idsOf(wanted));
    });

    it('is ordered a second time while it is told: then it begins anew, under the new id', async () => {
      const { published, copy } = await givenForgotten(60, 10);
      const release = holdFrom(40);
      await site.desk.replay('s', all);
      await expect.poll(() => listener.received.length, patience).toBeGreaterThan(40);
      await site.desk.replay('s', { id: 'once-more', since: site.clock.now() - 1_000 });
      await untilOrderIsSeen(copy);
      release();
      const anew = () => listener.received.filter(({ headers }) => headers['ce-replay'] === 'once-more');
      // What the first had still to tell is told by the second.
      await expect.poll(() => idsIn(anew()), patience).toEqual(idsOf(published));
    });

    it('of topics that follow from no fact has what the log still has', async () => {
      const topic = 'fault.report-fates';
      const subscriber = site.subscriber('s', { topic: [topic, 'maintenance.events'] });
      await site.log.append([await fates(['a/n1'])]);
      site.run([subscriber, listener]);
      await expect.poll(() => listener.ids.length, patience).toBe(1);
      await site.forget([topic]);
      const published = await publish(2, 2);
      await site.log.append([await fates(['a/n1', 'a/n2'])]);
      await expect.poll(() => listener.ids.length, patience).toBe(published.length + 2);
      await site.forget(['maintenance.events']);
      listener.received.length = 0;
      await site.desk.replay('s', all);
      await expect.poll(() => marked().length, patience).toBe(published.length + 1);
      expect(marked().map(({ headers }) => headers['ce-topic'])).toEqual([
        ...published.map(() => 'maintenance.events'),
        topic,
      ]);
    });

    it('waits while the journal does not answer, and then goes on', async () => {
      const { published } = await givenForgotten(6, 20);
      let failures = 3;
      site.whileReadingFacts = () => {
        failures -= 1;
        return failures < 0 ? Promise.resolve() : Promise.reject(new JournalUnavailable('it restarts'));
      };
      await site.desk.replay('s', all);
      await expect.poll(() => idsIn(marked()).length, patience).toBe(published.length);
      expectOrderOf(marked());
    });

    it('to one that never read anything leaves nothing out that is published meanwhile', async () => {
      const published = await publish(3, 4);
      await site.forget(topicsOfFacts);
      const subscriber = site.subscriber('s', { topic: [...topicsOfFacts] }, { from: 'now' });
      await site.journal.webhooks.enrol(['s']);
      await site.desk.replay('s', all);
      let meanwhile: readonly NewOutboxEntry[] = [];
      listener.answer = async () => {
        if (meanwhile.length === 0) meanwhile = await publish(3, 1);
        return answered(204);
      };
      site.run([{ ...subscriber, concurrency: 1 }, listener]);
      await expect.poll(() => idsIn(marked()).length, patience).toBeGreaterThanOrEqual(published.length);
      await expect.poll(() => idsIn(unmarked()), patience).toEqual(idsOf(meanwhile));
    });
  });
}
