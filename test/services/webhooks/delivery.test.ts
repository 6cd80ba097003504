import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';

import type { EndpointAnswer } from '../../../adapters/ports/event-endpoint.js';
import { gapType } from '../../../services/webhooks/gap-notice.js';
import { fates } from '../published-fates.js';
import { fault, idOf } from '../published-fault.js';
import { answered, DeliverySite, type Copy, type Listener } from './delivery-site.js';

let site: DeliverySite;
let listener: Listener;
beforeEach(async () => {
  site = await DeliverySite.open();
  listener = site.listener();
});
afterEach(() => site.close());

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function publish(nodes: readonly string[], versions: readonly number[]): Promise<void> {
  for (const version of versions)
    await site.log.append(await Promise.all(nodes.map((node) => fault(node, version))));
}

const came = (count: number) => expect.poll(() => listener.ids, { timeout: 20_000 }).toHaveLength(count);

describe('a subscriber by webhook', () => {
  it('gets CloudEvents in binary mode under the ids of all other ways, signed so that Standard Webhooks takes it', async () => {
    const [now, before] = [Buffer.alloc(32, 'now'), Buffer.alloc(24, 'before')] as const;
    site.run([site.subscriber('s', {}, { secrets: [now, before] }), listener]);
    const publishedAt = site.clock.now();
    await publish(['a/n1'], [1]);
    await came(1);
    const { headers, body, at } = listener.received[0] ?? { headers: {}, body: Buffer.alloc(0), at: 0 };
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': idOf('a/n1', 1),
      'ce-type': 'dev.faultline.FaultChanged',
      'ce-subject': 'a/n1',
      'ce-sequence': '000001.000000000001',
      'ce-topic': 'fault.hardware',
      'webhook-id': idOf('a/n1', 1),
    });
    expect(JSON.parse(body.toString())).toMatchObject({ cluster: 'a', node: 'n1', type: 'DiskFailure' });
    // Signed when it was sent, in whole seconds.
    const signedAt = Number(headers['webhook-timestamp']);
    expect(signedAt).toBeGreaterThanOrEqual(Math.floor(publishedAt / 1000));
    expect(signedAt).toBeLessThanOrEqual(at / 1000);
    for (const secret of [now, before]) {
      // The library only takes what is young by the wall clock; the signature is what is asked for here.
      const signed = new Webhook(secret.toString('base64')).sign(
        headers['webhook-id'] ?? '',
        new Date(Number(headers['webhook-timestamp']) * 1000),
        body.toString(),
      );
      expect(headers['webhook-signature']?.split(' ')).toContain(signed);
    }
  });

  it('gets what accounts for the reports of many nodes when it asked for one of them, whichever its key is', async () => {
    site.run([site.subscriber('s', { topic: ['fault.report-fates'], node: ['a/n3'] }), listener]);
    await site.log.append([await fates(['a/n1', 'a/n2']), await fates(['a/n1', 'a/n2', 'a/n3'])]);
    await came(1);
    expect(JSON.parse(listener.received[0]?.body.toString() ?? '')).toMatchObject({
      decided: [{ node: 'n1' }, { node: 'n2' }, { node: 'n3' }],
    });
  });

  it('holds nobody up who is stopped as soon as it was started', async () => {
    await site.run([site.subscriber('s'), listener]).stop();
  });

  it('gets only what it asked for', async () => {
    site.run([site.subscriber('s', { node: ['a/n2'], type: ['CpuFailure'] }), listener]);
    await site.log.append([
      await fault('a/n1', 1, { type: 'CpuFailure' }),
      await fault('a/n2', 1),
      await fault('a/n2', 2, { type: 'CpuFailure' }),
    ]);
    await came(1);
    expect(listener.ids).toEqual([idOf('a/n2', 2)]);
  });

  it('begins with what comes from now on, if so configured, and goes on where it was', async () => {
    await publish(['a/n1'], [1]);
    const subscriber = site.subscriber('s', {}, { from: 'now' });
    const first = site.run([subscriber, listener]);
    await expect.poll(async () => (await site.desk.state('s'))?.name).toBe('s');
    await expect.poll(() => first.figures()).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await publish(['a/n1'], [2]);
    await came(1);
    await first.stop();
    await publish(['a/n1'], [3]);
    site.run([subscriber, listener]);
    await came(2);
    expect(listener.versionsOf('a/n1')).toEqual([2, 3]);
  });

  it('gets the events of a node in order and one at a time, however often one fails; other nodes go on meanwhile', async () => {
    let refusals = 3;
    listener.answer = ({ headers }) => {
      if (headers['ce-id'] !== idOf('a/n1', 2) || refusals === 0) return answered(204);
      refusals -= 1;
      return answered(500);
    };
    const copy = site.run([site.subscriber('s'), listener]);
    await publish(['a/n1', 'a/n2', 'a/n3'], range(1, 5));
    await came(15);
    for (const node of ['a/n1', 'a/n2', 'a/n3']) expect(listener.versionsOf(node)).toEqual([1, 2, 3, 4, 5]);
    expect(listener.mostOfOneNode).toBe(1);
    const last = (node: string) =>
      listener.received.findLast(({ headers }) => headers['ce-subject'] === node)?.at ?? 0;
    expect(last('a/n2')).toBeLessThan(last('a/n1'));
    expect(copy.results.filter((result) => result === 'refused')).toHaveLength(3);
    await expect.poll(() => site.desk.undelivered('s', { limit: 9 })).toEqual([]);
  });

  it('is tried for as long as configured; then the event is a dead letter, and the next one of its node goes', async () => {
    let isBad = true;
    listener.answer = ({ headers }) =>
      headers['ce-id'] === idOf('a/n1', 1) && isBad ? answered(422) : answered(204);
    site.run([site.subscriber('s', {}, { retryForMs: 60_000 }), listener]);
    await publish(['a/n1'], [1, 2]);
    await came(2);
    const [dead] = await site.desk.undelivered('s', { limit: 9 });
    expect(dead).toMatchObject({ state: 'dead', eventId: idOf('a/n1', 1), reason: 'status 422' });
    expect(dead?.tries).toBeGreaterThan(2);
    isBad = false;
    const before = listener.received.length;
    expect(await site.desk.retry('s', [dead?.id ?? ''], site.clock.now())).toEqual([dead?.id]);
    await expect.poll(() => listener.received.length).toBe(before + 1);
    expect(listener.received.at(-1)?.headers['ce-id']).toBe(idOf('a/n1', 1));
    await expect.poll(() => site.desk.undelivered('s', { limit: 9 })).toEqual([]);
  });

  it('that answers 410 gets nothing more until a person says so, and misses nothing', async () => {
    let isGone = true;
    listener.answer = () => (isGone ? answered(410) : answered(204));
    const copy = site.run([site.subscriber('s'), listener]);
    await publish(['a/n1'], [1]);
    await expect
      .poll(async () => (await site.desk.state('s'))?.paused)
      .toMatchObject({
        subject: 'the subscriber itself',
        reason: 'status 410',
      });
    await publish(['a/n1'], [2]);
    await expect.poll(() => copy.figures()).toMatchObject([{ name: 's', isPaused: true }]);
    const before = listener.received.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(listener.received).toHaveLength(before);
    isGone = false;
    await site.desk.resume('s', site.clock.now());
    await came(2);
    expect(listener.versionsOf('a/n1')).toEqual([1, 2]);
  });

  it('that was paused for longer than events are tried has none of them dead for that', async () => {
    let isAway = true;
    listener.answer = () => (isAway ? answered(500) : answered(204));
    site.run([site.subscriber('s', {}, { retryForMs: 60_000 }), listener]);
    await publish(['a/n1', 'a/n2'], [1, 2]);
    await expect.poll(async () => (await site.desk.state('s'))?.waiting).toBe(4);
    await site.desk.pause('s', { subject: 'anna', reason: 'moves house', at: site.clock.now() });
    const pausedAt = site.clock.now();
    await expect.poll(() => site.clock.now() - pausedAt, { timeout: 5_000 }).toBeGreaterThan(90_000);
    await site.desk.resume('s', site.clock.now());
    const tried = listener.received.length;
    await expect.poll(() => listener.received.length).toBeGreaterThanOrEqual(tried + 2);
    expect(await site.desk.state('s')).toMatchObject({ waiting: 4, dead: 0 });
    isAway = false;
    await came(4);
    await expect.poll(() => site.desk.undelivered('s', { limit: 9 })).toEqual([]);
  });

  it('that asks for a rest gets it: nothing of any node is sent before', async () => {
    let untilMs = 0;
    listener.answer = () => {
      if (untilMs !== 0) return answered(204);
      untilMs = site.clock.now() + 120_000;
      return answered(429, { retryAfter: '120' });
    };
    site.run([site.subscriber('s', {}, { concurrency: 1 }), listener]);
    await publish(['a/n1', 'a/n2'], [1, 2]);
    await expect.poll(() => listener.received.length, { timeout: 10_000 }).toBe(5);
    expect(listener.received.slice(1).filter(({ at }) => at < untilMs - 1_000)).toEqual([]);
    expect(listener.versionsOf('a/n1')).toEqual([1, 2]);
  });

  it.each([
    ['no time', '0'],
    ['a time that is past by our clock', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])(
    'that asks for a rest of %s is not asked again without a pause, and what it did not get is shown',
    async (_words, retryAfter) => {
      listener.answer = () => answered(503, { retryAfter });
      const beganAt = site.clock.now();
      site.run([site.subscriber('s', {}, { concurrency: 1, retryForMs: 86_400_000 }), listener]);
      await publish(['a/n1'], [1]);
      await expect
        .poll(() => site.desk.undelivered('s', { limit: 9 }))
        .toMatchObject([{ state: 'waiting', eventId: idOf('a/n1', 1), reason: 'status 503' }]);
      await expect.poll(() => site.clock.now() - beganAt, { timeout: 5_000 }).toBeGreaterThan(120_000);
      const pauses = listener.received
        .slice(1)
        .map(({ at }, index) => at - (listener.received[index]?.at ?? 0));
      // Half a second, then twice as long each time: chance says always 0.5.
      expect(pauses.length).toBeGreaterThan(3);
      expect(pauses.length).toBeLessThan(9);
      pauses.forEach((pauseMs, index) => {
        expect(pauseMs).toBeGreaterThanOrEqual(Math.min(30_000, 500 * 2 ** index));
      });
    },
  );

  it('that asks for a rest of no time is spared by all its events together', async () => {
    listener.answer = () => answered(429, { retryAfter: '0' });
    const beganAt = site.clock.now();
    site.run([site.subscriber('s', {}, { concurrency: 2 }), listener]);
    await publish(
      range(1, 200).map((number) => `a/n${number}`),
      [1],
    );
    await expect.poll(() => site.clock.now() - beganAt, { timeout: 5_000 }).toBeGreaterThan(60_000);
    // Two at once, and rests that double.
    expect(listener.received.length).toBeLessThan(30);
  });

  it('that asks for a long rest has what came meanwhile shown as waiting, and gets all of it in order afterwards', async () => {
    let rests = 0;
    listener.answer = () => {
      rests += 1;
      return rests <= 2 ? answered(429, { retryAfter: '60' }) : answered(204);
    };
    const copy = site.run([site.subscriber('s', {}, { concurrency: 1 }), listener]);
    await publish(['a/n1', 'a/n2'], [1, 2]);
    await expect.poll(() => copy.figures()[0]?.waiting, { timeout: 1_000 }).toBe(4);
    expect(listener.received).toHaveLength(1);
    const reasons = (await site.desk.undelivered('s', { limit: 9 })).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(
      new Set(['status 429', 'it asked for a rest: status 429', 'others of its node wait']),
    );
    await came(4);
    await expect.poll(() => site.desk.undelivered('s', { limit: 9 })).toEqual([]);
    expect(listener.versionsOf('a/n1')).toEqual([1, 2]);
    expect(listener.versionsOf('a/n2')).toEqual([1, 2]);
    expect(listener.received).toHaveLength(6);
  });

  describe('is behind by the age of the oldest event that it has not got', () => {
    const lagOf = (copy: Copy) => copy.figures()[0]?.lagMs ?? 0;
    const pause = () =>
      site.desk.pause('s', { subject: 'anna', reason: 'moves house', at: site.clock.now() });
    /** Lag never is less than the age of what was published at this time, for a while; the log is looked at every 10 s. */
    async function isBehindSince(copy: Copy, publishedAt: number): Promise<void> {
      await expect.poll(() => lagOf(copy), { timeout: 5_000 }).toBeGreaterThan(15_000);
      for (let look = 0; look < 50; look += 1) {
        const [before, lag] = [site.clock.now(), lagOf(copy)];
        expect(lag).toBeGreaterThan(before - publishedAt - 2_000);
        expect(lag).toBeLessThan(site.clock.now() - publishedAt + 3_000);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }

    it('also while it is paused, of what waited and of what nobody has read, and after another copy took over', async () => {
      listener.answer = () => answered(500);
      const subscriber = site.subscriber('s');
      const first = site.run([subscriber, listener]);
      const publishedAt = site.clock.now();
      await publish(['a/n1'], [1]);
      await expect.poll(async () => (await site.desk.state('s'))?.waiting).toBe(1);
      await pause();
      await isBehindSince(first, publishedAt);
      await first.stop();
      await isBehindSince(site.run([subscriber, listener]), publishedAt);
    });

    it('also of what was published while it was paused', async () => {
      const subscriber = site.subscriber('s');
      const first = site.run([subscriber, listener]);
      await publish(['a/n1'], [1]);
      await came(1);
      await pause();
      await expect.poll(() => first.figures()).toMatchObject([{ isPaused: true, lagMs: 0 }]);
      const publishedAt = site.clock.now();
      await publish(['a/n1', 'a/n2'], [2]);
      await isBehindSince(first, publishedAt);
      await first.stop();
      const second = site.run([subscriber, listener]);
      await isBehindSince(second, publishedAt);
      await site.desk.resume('s', site.clock.now());
      await expect.poll(() => lagOf(second)).toBe(0);
      expect(listener.received).toHaveLength(3);
    });

    it('but not of what it no longer asks for', async () => {
      const first = site.run([site.subscriber('s'), listener]);
      await publish(['a/n1'], [1]);
      await came(1);
      await first.stop();
      await publish(['a/n1'], [2]);
      const second = site.run([site.subscriber('s', { topic: ['fault.system'] }), listener]);
      await expect.poll(() => second.figures()).toHaveLength(1);
      const begunAt = site.clock.now();
      await expect.poll(() => site.clock.now() - begunAt, { timeout: 5_000 }).toBeGreaterThan(25_000);
      expect(lagOf(second)).toBe(0);
    });

    it('also while nothing can be understood, since the registry is away', async () => {
      site.isRegistryAway = true;
      const copy = site.run([site.subscriber('s'), listener]);
      const publishedAt = site.clock.now();
      const { headers, ...record } = await fault('a/n1', 1);
      // Of a release whose schema this one does not have.
      await site.log.append([{ ...record, headers: { ...headers, ce_dataschema: 'urn:another' } }]);
      await isBehindSince(copy, publishedAt);
      site.isRegistryAway = false;
      await expect.poll(() => lagOf(copy)).toBe(0);
      expect(listener.ids).toEqual([idOf('a/n1', 1)]);
    });
  });

  it('that never answers slows nobody else', async () => {
    const never = site.listener();
    let end: (answer: EndpointAnswer) => void = () => undefined;
    const answer = new Promise<EndpointAnswer>((resolve) => (end = resolve));
    never.answer = () => answer;
    const copy = site.run([site.subscriber('stuck'), never], [site.subscriber('well'), listener]);
    await publish(
      range(1, 50).map((number) => `a/n${number}`),
      [1, 2],
    );
    await came(100);
    expect(never.received).toHaveLength(4);
    await expect
      .poll(() => copy.figures().find(({ name }) => name === 'stuck')?.lagMs)
      .toBeGreaterThan(1_000);
    end(answered(204));
  });

  it('that is away makes only so much wait; what it missed comes when it is back', async () => {
    let isAway = true;
    listener.answer = () => (isAway ? { kind: 'unreachable', reason: 'ECONNREFUSED' } : answered(204));
    const copy = site.run([site.subscriber('s', {}, { concurrency: 32, retryForMs: 86_400_000 }), listener]);
    await publish(
      range(1, 1_600).map((number) => `a/n${number}`),
      [1],
    );
    await expect.poll(() => copy.figures()[0]?.waiting ?? 0, { timeout: 20_000 }).toBeGreaterThan(900);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(copy.figures()[0]?.waiting).toBeLessThanOrEqual(1_000);
    isAway = false;
    await came(1_600);
    await expect.poll(() => copy.figures()[0]?.waiting, { timeout: 20_000 }).toBe(0);
  }, 60_000);

  it('is served by one copy at a time; when that is killed anywhere, the next one goes on in order and misses nothing', async () => {
    const nodes = ['a/n1', 'a/n2', 'a/n3'];
    const subscriber = site.subscriber('s');
    let requests = 0;
    let killed = 0;
    let copy = site.run([subscriber, listener]);
    listener.answer = () => {
      requests += 1;
      if (requests % 11 === 0 && killed < 10) {
        killed += 1;
        const victim = copy;
        copy = site.run([subscriber, listener]);
        victim.kill();
      }
      return requests % 7 === 0 ? answered(500) : answered(204);
    };
    await publish(nodes, range(1, 60));
    await came(180);
    expect(killed).toBe(10);
    for (const node of nodes) expect(listener.versionsOf(node)).toEqual(range(1, 60));
  }, 60_000);

  it('gets what its last copy put aside while the next one began (passed over until that one ended too)', async () => {
    const subscriber = site.subscriber('s');
    const last = site.run([subscriber, listener]);
    await publish(['a/n1'], [1]);
    await came(1);
    await last.stop();
    const second = await fault('a/n1', 2);
    await site.log.append([second]);
    site.whileBeginning = async (book) => {
      site.whileBeginning = () => Promise.resolve();
      const [cursor] = (await book.cursors('s')).filter(({ nextOffset }) => nextOffset === 1n);
      if (cursor === undefined) throw new Error('nothing was delivered yet');
      const { id, source, type, subject } = { id: idOf('a/n1', 2), source: '/t', type: 't', subject: 'a/n1' };
      const json = JSON.stringify({ id, source, type, subject, datacontenttype: 'application/json' });
      const now = site.clock.now();
      const times = { appendedAt: now, firstTriedAt: now, dueAt: now };
      const event = { ...cursor, ...times, offset: 1n, node: 'a/n1', eventId: id, json, tries: 1 };
      const next = { ...cursor, nextOffset: 2n };
      await book.advance('s', next, [{ ...event, state: 'waiting', reason: 'status 500' }]);
    };
    site.run([subscriber, listener]);
    await came(2);
    expect(listener.ids).toEqual([idOf('a/n1', 1), idOf('a/n1', 2)]);
  });

  it('that was paused for longer than the log keeps what it had to get goes on with what is left, and the gap is told once', async () => {
    const subscriber = site.subscriber('s');
    const first = site.run([subscriber, listener]);
    await publish(['a/n1'], [1]);
    await came(1);
    await site.desk.pause('s', { subject: 'anna', reason: 'moves house', at: site.clock.now() });
    await expect.poll(() => first.figures()).toMatchObject([{ isPaused: true }]);
    await publish(['a/n1'], [2, 3, 4, 5]);
    const bounds = await site.log.bounds('fault.hardware');
    const partition = bounds.find(({ high }) => high > 0n)?.partition ?? 0;
    site.log.trim('fault.hardware', partition, 3n);
    await site.desk.resume('s', site.clock.now());
    await came(4);
    expect(listener.versionsOf('a/n1')).toEqual([1, 4, 5]);
    expect(first.forgotten()).toBe(2);
    const told = listener.received.filter(({ headers }) => headers['ce-type'] === gapType);
    expect(told.map(({ headers }) => headers)).toMatchObject([
      {
        'ce-source': '/faultline/t/webhooks',
        'ce-id': told[0]?.headers['webhook-id'],
        'webhook-signature': expect.stringMatching(/^v1,/) as string,
      },
    ]);
    const gap = { topic: 'fault.hardware', partition, from: '1', to: '3' };
    expect(told.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([gap]);
    await first.stop();
    // What it has got may be forgotten.
    site.log.trim('fault.hardware', partition, 5n);
    const second = site.run([subscriber, listener]);
    await publish(['a/n1'], [6]);
    await came(5);
    expect(second.forgotten()).toBe(0);
    expect(listener.received.filter(({ headers }) => headers['ce-type'] === gapType)).toHaveLength(1);
  });

  it('whose log forgot everything before it came again has that told once, though nothing is there to be read', async () => {
    const subscriber = site.subscriber('s');
    const first = site.run([subscriber, listener]);
    await publish(['a/n1'], [1]);
    await came(1);
    await first.stop();
    await publish(['a/n1'], [2, 3]);
    const bounds = await site.log.bounds('fault.hardware');
    site.log.trim('fault.hardware', bounds.find(({ high }) => high > 0n)?.partition ?? 0, 3n);
    const second = site.run([subscriber, listener]);
    await expect.poll(() => second.forgotten()).toBe(2);
    await second.stop();
    const third = site.run([subscriber, listener]);
    await publish(['a/n1'], [4]);
    await came(3);
    expect(third.forgotten()).toBe(0);
    expect(listener.received.filter(({ headers }) => headers['ce-type'] === gapType)).toHaveLength(1);
  });

  it('gets again what a person wants it to get again, marked; what is new meanwhile is not', async () => {
    site.run([site.subscriber('s'), listener]);
    await publish(['a/n1'], [1, 2]);
    await came(2);
    await site.desk.replay('s', { id: 'again', since: 0 });
    await expect.poll(() => listener.received.length).toBe(4);
    await publish(['a/n1'], [3]);
    await came(3);
    expect(listener.received.map(({ headers }) => [headers['ce-id'], headers['ce-replay']])).toEqual([
      [idOf('a/n1', 1), undefined],
      [idOf('a/n1', 2), undefined],
      [idOf('a/n1', 1), 'again'],
      [idOf('a/n1', 2), 'again'],
      [idOf('a/n1', 3), undefined],
    ]);
  });

  it('gets what can not be read as the bytes that it is, unless it asked for something that only a readable one says', async () => {
    const picky = site.listener();
    site.run([site.subscriber('s'), listener], [site.subscriber('picky', { class: ['hardware'] }), picky]);
    const good = await fault('a/n1', 1);
    const unknownId = Buffer.from(good.value);
    unknownId.writeUInt32BE(4_000_000, 1);
    const half = good.value.subarray(0, 20);
    await site.log.append([{ ...good, value: unknownId }, { ...good, value: half }, await fault('a/n1', 2)]);
    await expect.poll(() => listener.received.length).toBe(3);
    expect(listener.received.map(({ headers, body }) => [headers['content-type'], body])).toEqual([
      ['application/octet-stream', unknownId],
      ['application/octet-stream', half],
      ['application/json', expect.any(Buffer)],
    ]);
    await expect.poll(() => picky.ids).toEqual([idOf('a/n1', 2)]);
  });

  it('that an event is too large for does not get it: it is a dead letter at once', async () => {
    site.run([site.subscriber('s'), listener]);
    await site.log.append([
      await fault('a/n1', 1, { reason: 'x'.repeat(1_100_000) }),
      await fault('a/n1', 2),
    ]);
    await came(1);
    expect(listener.ids).toEqual([idOf('a/n1', 2)]);
    await expect
      .poll(() => site.desk.undelivered('s', { limit: 9 }))
      .toMatchObject([{ state: 'dead', eventId: idOf('a/n1', 1) }]);
  });
});
