import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checkpoint } from '../../../packages/client/src/checkpoint.js';
import type { FaultlineEvent } from '../../../packages/client/src/event.js';
import { RegistryUnavailable, UnreadableRecord } from '../../../packages/client/src/problems.js';
import {
  PartitionDelivery,
  type Delivery,
  type SubscriberOptions,
} from '../../../packages/client/src/subscriber.js';
import { someEvent } from './some-event.js';

/** A partition whose handler notes what it gets. */
function given(options: Partial<SubscriberOptions> = {}) {
  const heard: string[] = [];
  const deliveries: Delivery[] = [];
  const troubles: string[] = [];
  const over = new AbortController();
  const checkpoint = new Checkpoint<number>();
  const all = {
    onEvent: ({ id }: FaultlineEvent, delivery: Delivery) => {
      heard.push(id);
      deliveries.push(delivery);
    },
    onTrouble: (message: string) => void troubles.push(message),
    ...options,
  };
  const partition = new PartitionDelivery(all, checkpoint, over.signal);
  let position = 0;
  const deliver = (event: FaultlineEvent) => partition.deliver(() => event, (position += 1));
  const deliverAll = async (events: readonly FaultlineEvent[]) => {
    for (const event of events) await deliver(event);
  };
  return { heard, deliveries, troubles, over, checkpoint, partition, deliver, deliverAll };
}

const sequenceOf = (number: number): string => String(number).padStart(6, '0');

const unreadable = new UnreadableRecord(
  'malformed',
  { topic: 't', partition: 0, offset: '7', key: 'a/n1', headers: {}, value: Buffer.from([1]) },
  'half a record',
);

describe('given events of one partition', () => {
  it('delivers each once, in order, however often and however late it comes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), async (picks) => {
        const { heard, checkpoint, deliverAll } = given();
        // A log that is read again from earlier places: each stretch begins anywhere before and goes on to a next event.
        const stretches = picks.flatMap((from, index) =>
          Array.from({ length: Math.max(0, index - from) + 1 }, (_, step) => Math.min(from, index) + step),
        );
        await deliverAll(stretches.map((number) => someEvent(sequenceOf(number))));
        const firsts = stretches.filter(
          (number, index) => number > Math.max(-1, ...stretches.slice(0, index)),
        );
        expect(heard).toEqual(firsts.map(sequenceOf));
        expect(checkpoint.open).toBe(0);
      }),
    );
  });

  it('tells two events apart that share an id but not their source, and knows those without sequence by id', async () => {
    const { heard, deliverAll } = given();
    const one = someEvent(undefined, { id: 'x' });
    await deliverAll([one, someEvent(undefined, { id: 'x', source: '/other' }), one]);
    expect(heard).toEqual(['x', 'x']);
  });

  it('orders each node, topic and source for itself', async () => {
    const { heard, deliverAll } = given();
    await deliverAll([
      someEvent('2'),
      someEvent('1', { id: 'other node', node: 'a/n2' }),
      someEvent('1', { id: 'other topic', topic: 'maintenance.events' }),
      someEvent('1', { id: 'new journal', source: '/faultline/u/maintenance' }),
      someEvent('1', { id: 'late' }),
    ]);
    expect(heard).toEqual(['2', 'other node', 'other topic', 'new journal']);
  });

  it('remembers no more than it is told to, and then sequences alone keep duplicates out', async () => {
    const { heard, deliverAll } = given({ mostRemembered: 2 });
    await deliverAll(['1', '2', '3', '4', '1', '2', '3', '4', '5'].map((sequence) => someEvent(sequence)));
    expect(heard).toEqual(['1', '2', '3', '4', '5']);
  });

  it('after a restart, asks once per node what was acted on last, and begins behind it', async () => {
    const asked: string[] = [];
    const { heard, deliverAll } = given({
      lastSequence: ({ node }) => {
        asked.push(node);
        return Promise.resolve(node === 'a/n1' ? '3' : undefined);
      },
    });
    await deliverAll([
      ...['2', '3', '4'].map((sequence) => someEvent(sequence)),
      someEvent('1', { id: 'n2', node: 'a/n2' }),
    ]);
    expect(heard).toEqual(['4', 'n2']);
    expect(asked).toEqual(['a/n1', 'a/n2']);
  });
});

describe('given records that are published again by a replay', () => {
  const again = someEvent('1', { id: '1', replay: 'run-1' });

  it('leaves them out of what is acted on, and moves on', async () => {
    const { heard, checkpoint, deliverAll } = given();
    await deliverAll([again, someEvent('2')]);
    expect(heard).toEqual(['2']);
    expect(checkpoint.reached).toBe(2);
  });

  it('tells them to who asked for them, once per run, also when the event itself is known', async () => {
    const replayed: string[] = [];
    const { heard, deliverAll } = given({
      onReplayed: (event) => void replayed.push(`${event.replay ?? ''} ${event.id}`),
    });
    await deliverAll([someEvent('1'), again, again, someEvent('1', { id: '1', replay: 'run-2' })]);
    expect(heard).toEqual(['1']);
    expect(replayed).toEqual(['run-1 1', 'run-2 1']);
  });

  it('does not take them for the present: what comes behind them for the first time is delivered', async () => {
    const { heard, deliverAll } = given({ onReplayed: () => undefined });
    await deliverAll([someEvent('9', { id: '9', replay: 'run-1' }), someEvent('5')]);
    expect(heard).toEqual(['5']);
  });
});

describe('given acknowledgement', () => {
  it('moves the checkpoint when the handler resolves, and not before', async () => {
    let end: () => void = () => undefined;
    const { checkpoint, deliver } = given({ onEvent: () => new Promise<void>((resolve) => (end = resolve)) });
    const delivered = deliver(someEvent('1'));
    await Promise.resolve();
    expect(checkpoint.reached).toBeUndefined();
    await expect.poll(() => checkpoint.open).toBe(1);
    end();
    expect(await delivered).toBe(true);
    expect(checkpoint.reached).toBe(1);
  });

  it('by hand, in any order, moves it up to the first event that is open', async () => {
    const { checkpoint, deliveries, deliverAll } = given({ acknowledge: 'manual' });
    await deliverAll(['1', '2', '3'].map((sequence) => someEvent(sequence)));
    deliveries[1]?.acknowledge();
    expect(checkpoint.reached).toBeUndefined();
    deliveries[0]?.acknowledge();
    deliveries[0]?.acknowledge();
    expect([checkpoint.reached, checkpoint.open]).toEqual([2, 1]);
    deliveries[2]?.acknowledge();
    expect([checkpoint.reached, checkpoint.open]).toEqual([3, 0]);
  });

  it('by hand, delivers no more than may be open', async () => {
    const { heard, deliveries, deliver } = given({ acknowledge: 'manual', mostUnacknowledged: 1 });
    await deliver(someEvent('1'));
    const second = deliver(someEvent('2'));
    await new Promise(setImmediate);
    expect(heard).toEqual(['1']);
    deliveries[0]?.acknowledge();
    expect(await second).toBe(true);
    expect(heard).toEqual(['1', '2']);
  });
});

describe('given something fails', () => {
  it('calls the handler again with the same event, and tells of it', async () => {
    let failures = 2;
    const calls: string[] = [];
    const { checkpoint, troubles, deliver } = given({
      onEvent: ({ id }) => {
        calls.push(id);
        failures -= 1;
        if (failures >= 0) throw new Error('ticket system is away');
      },
    });
    expect(await deliver(someEvent('1'))).toBe(true);
    expect(calls).toEqual(['1', '1', '1']);
    expect(troubles).toEqual(['ticket system is away', 'ticket system is away']);
    expect(checkpoint.reached).toBe(1);
  });

  it('waits for a registry that is away', async () => {
    const { heard, partition } = given();
    let tries = 0;
    const read = () => {
      tries += 1;
      if (tries === 1) throw new RegistryUnavailable('away');
      return someEvent('1');
    };
    expect(await partition.deliver(read, 1)).toBe(true);
    expect(heard).toEqual(['1']);
  });

  it('when interrupted, leaves the event and all behind it for the next time', async () => {
    const { checkpoint, over, deliver } = given({
      onEvent: () => {
        throw new Error('no');
      },
    });
    const delivered = deliver(someEvent('1'));
    over.abort();
    expect(await delivered).toBe(false);
    expect(checkpoint.reached).toBeUndefined();
  });

  it('ends before a record that nobody can read, unless told to go past it', async () => {
    const read = (): never => {
      throw unreadable;
    };
    const silent = given();
    await expect(silent.partition.deliver(read, 1)).rejects.toBe(unreadable);
    expect(silent.checkpoint.reached).toBeUndefined();
    const told: unknown[] = [];
    const skipping = given({
      onUnreadable: (problem) => {
        told.push(problem);
        return 'skip';
      },
    });
    expect(await skipping.partition.deliver(read, 1)).toBe(true);
    expect(told).toEqual([unreadable]);
    expect(skipping.checkpoint.reached).toBe(1);
    const stopping = given({ onUnreadable: () => Promise.resolve('stop') });
    await expect(stopping.partition.deliver(read, 1)).rejects.toBe(unreadable);
  });
});
