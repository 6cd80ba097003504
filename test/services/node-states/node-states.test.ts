import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import type { EventLog } from '../../../adapters/ports/event-log.js';
import { decodeEvent } from '../../../schemas/codec.js';
import { factTopics, stateTopic } from '../../../schemas/catalog.js';
import { unframe } from '../../../schemas/wire-format.js';
import { Heard, LogChanged } from '../../../services/node-states/heard.js';
import { StatesSite, type Beginning, type Fate } from './states-site.js';

const patience = { timeout: 10_000, interval: 5 };
const [first = '', second = ''] = factTopics;
const n1 = StatesSite.nodeOf(1);
const n2 = StatesSite.nodeOf(2);

type Step = (site: StatesSite, begun: Beginning[]) => unknown;

const topics = fc.subarray([...factTopics], { minLength: 1 });
const decide = fc.tuple(fc.nat(4), topics).map(([node, on]): Step => (site) => {
  site.decide(StatesSite.nodeOf(node), on);
});
const publish = fc.tuple(fc.constantFrom(...factTopics), fc.integer({ min: 1, max: 9 })).map(
  ([topic, most]): Step =>
    (site) =>
      site.publish(topic, most),
);
const letGo: Step = () => new Promise((resolve) => setTimeout(resolve, 4));
const begin: Step = async (site, begun) => begun.push(await site.begin());
const doom = fc
  .constantFrom<Fate[]>('dies before', 'dies between', 'dies behind', 'is held up')
  .map((fate): Step => (site) => {
    site.doom(fate);
  });
const rare = fc.constantFrom<Step[]>(
  (site) => {
    site.release();
  },
  (site) => {
    site.backUp();
  },
  (site) => {
    site.restore();
    site.start();
  },
);
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: decide },
    { weight: 6, arbitrary: publish },
    { weight: 4, arbitrary: fc.constant(letGo) },
    { weight: 3, arbitrary: fc.constant(begin) },
    { weight: 2, arbitrary: doom },
    { weight: 1, arbitrary: rare },
  ),
  { minLength: 10, maxLength: 40 },
);

async function withSite(work: (site: StatesSite) => Promise<void>, log?: EventLog): Promise<void> {
  const site = await StatesSite.open(log);
  try {
    await work(site);
  } finally {
    await site.close();
  }
}

const told = (site: StatesSite): Promise<void> => expect.poll(() => site.isTold(), patience).toBe(true);

describe('the topic of states', () => {
  it('given copies that die or are held up anywhere, topics that lag and journals that are restored, then whoever begins with it at any moment misses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (wanted) =>
        withSite(async (site) => {
          const begun: Beginning[] = [];
          site.start();
          for (const step of wanted) await step(site, begun);
          site.release();
          for (const topic of factTopics) await site.publish(topic, Infinity);
          site.start();
          await told(site);
          begun.push(await site.begin());
          for (const beginning of begun) expect(await site.missedBy(beginning)).toEqual([]);
          expect(await site.inventions()).toEqual([]);
        }),
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  it('given a quiet installation, when a copy starts, then each partition says what is in its states, and who begins hears nothing again', () =>
    withSite(async (site) => {
      for (let node = 0; node < 9; node += 1) site.decide(StatesSite.nodeOf(node), [first]);
      await site.publish(first, Infinity);
      site.start();
      await told(site);
      await expect
        .poll(async () => (await site.begin()).covered.map((covered) => covered.get(first)), patience)
        .toEqual((await site.log.bounds(first)).map(({ high }) => high));
    }));

  it('given nothing is to be told, when a copy starts, then each partition says anew what is in its states', () =>
    withSite(async (site) => {
      for (let node = 0; node < 9; node += 1) site.decide(StatesSite.nodeOf(node), [first, second]);
      site.start();
      await told(site);
      site.killAll();
      await site.publish(second, Infinity);
      site.start();
      await expect
        .poll(async () => (await site.begin()).covered.map((covered) => covered.get(second)), patience)
        .toEqual((await site.log.bounds(second)).map(({ high }) => high));
    }));

  it('given a node changes often while nobody looks, then it is told once', () =>
    withSite(async (site) => {
      for (let change = 0; change < 50; change += 1) site.decide(n1, [first]);
      await site.publish(first, Infinity);
      site.start();
      await told(site);
      const sequences = (await site.records(stateTopic)).map(({ headers }) => headers['ce_sequence']);
      expect(new Set(sequences)).toEqual(new Set(['000001.000000000050']));
    }));

  it('given a copy that lost its duty unnoticed, when it writes an older state behind a newer one, then the newer one is told again', () =>
    withSite(async (site) => {
      site.decide(n1, [first]);
      site.start();
      await told(site);
      site.doom('is held up');
      site.decide(n1, [first]);
      await site.publish(first, Infinity);
      await told(site);
      site.decide(n1, [first]);
      await site.publish(first, Infinity);
      await told(site);
      const before = (await site.records(stateTopic)).length;
      site.release();
      await expect
        .poll(async () => (await site.records(stateTopic)).length, patience)
        .toBeGreaterThan(before + 1);
      await told(site);
    }));

  it('given a restored journal, then all is told anew in its epoch, and what it does not know is unknown', () =>
    withSite(async (site) => {
      site.decide(n1, [first]);
      site.backUp();
      site.decide(n1, [first]);
      site.decide(n2, [first]);
      site.start();
      await told(site);
      site.restore();
      site.start();
      await told(site);
      await expect
        .poll(async () => {
          const state = (await site.records(stateTopic)).findLast(({ key }) => key === n2);
          const body = unframe(state?.value ?? Buffer.alloc(0))?.body ?? Buffer.alloc(0);
          return [decodeEvent('NodeState', body).health, state?.headers['ce_sequence']];
        }, patience)
        .toEqual(['UNKNOWN', '000002.000000000000']);
    }));

  it('given the topic was made anew while nobody told, then every node is told again', () => {
    const log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
    return withSite(async (site) => {
      site.decide(n1, [first]);
      site.start();
      await told(site);
      site.killAll();
      for (const { partition, high } of await log.bounds(stateTopic)) log.trim(stateTopic, partition, high);
      expect(await site.isTold()).toBe(false);
      site.start();
      await told(site);
    }, log);
  });
});

describe('what was heard', () => {
  const place = { topic: first, partition: 0, logId: 'l' };
  const heardUpTo = (high: bigint): Heard => {
    const heard = new Heard({ source: '/faultline/t/node-states', run: 'r' }, 1);
    heard.begin({ ...place, low: 0n, high });
    return heard;
  };

  it.each([
    ['has forgotten what was not read yet', { low: 8n, high: 9n }],
    ['is shorter than what was read', { low: 0n, high: 6n }],
  ])('given a topic that %s, then everything is looked at anew', (_what, bounds) => {
    expect(() => heardUpTo(7n).begin({ ...place, ...bounds })).toThrow(LogChanged);
  });

  it('given another run wrote an older state while this one wrote, then the state is due again, whichever stands last', () => {
    const heard = heardUpTo(7n);
    const of = { topic: stateTopic, partition: 0 };
    const headers = {
      ce_source: '/faultline/t/node-states',
      ce_sequence: '000001.000000000001',
      state_writer: 'z',
    };
    const record = { ...of, offset: 3n, key: n1, value: undefined, headers, appendedAt: 5 };
    heard.take({ ...of, records: [record] });
    heard.told(n1, '000001.000000000002');
    expect(heard.takeDue().due.get(n1)).toMatchObject({ other: '000001.000000000001' });
  });

  it('given trouble and the same topic, then it is gone on with', () => {
    expect(heardUpTo(7n).begin({ ...place, low: 2n, high: 12n })).toBe(7n);
  });
});
