import { describe, expect, it } from 'vitest';
import { EventRing, type RingEntry } from '../../../../services/console/events/event-ring.js';

const roomBytes = 10;
const entryOf = (nodes: readonly string[], bytes = 1): RingEntry => ({
  ...{ topic: 'maintenance.events', partition: 0, offset: 0n, nodes, appendedAt: 1, resume: '' },
  bytes: Buffer.alloc(bytes),
});
const entry = (node: string, bytes = 1): RingEntry => entryOf([node], bytes);
const ringOf = (nodes: readonly string[]): EventRing => {
  const ring = new EventRing(roomBytes, 0);
  ring.append(nodes.map((node) => entry(node)));
  return ring;
};
const all = (ring: EventRing, from: number, nodes?: ReadonlySet<string>): readonly number[] => {
  const numbers: number[] = [];
  for (let at = ring.next(from, nodes); at !== undefined; at = ring.next(at + 1, nodes)) numbers.push(at);
  return numbers;
};

describe('the ring of events', () => {
  it('finds the events of any node one after the other', () => {
    expect(all(ringOf(['a', 'b', 'c']), 1)).toEqual([1, 2]);
  });

  it('finds the events of some nodes in their order, and no others', () => {
    expect(all(ringOf(['a', 'b', 'a', 'c', 'b', 'a']), 1, new Set(['a', 'b', 'x']))).toEqual([1, 2, 4, 5]);
  });

  it('finds no event that it has dropped, and every one that came after', () => {
    const ring = ringOf(['a', 'b', 'a']);
    ring.append([entry('b', 8), entry('a')]);
    expect(ring.first).toBe(2);
    expect(all(ring, 0, new Set(['a']))).toEqual([2, 4]);
    expect(all(ring, 0, new Set(['b']))).toEqual([3]);
    expect(all(ring, 0)).toEqual([2, 3, 4]);
  });

  it('finds an event by each node that it speaks of, and by none once it has dropped it', () => {
    const ring = ringOf(['a']);
    ring.append([entryOf(['b', 'c']), entry('c')]);
    expect(all(ring, 0, new Set(['b']))).toEqual([1]);
    expect(all(ring, 0, new Set(['b', 'c']))).toEqual([1, 2]);
    ring.append([entry('d', 9)]);
    expect(all(ring, 0, new Set(['b', 'c']))).toEqual([2]);
  });

  it('tells once who watches for several nodes of one event', () => {
    const ring = ringOf([]);
    const told: number[] = [];
    ring.watch((from) => told.push(from), new Set(['b', 'c']));
    ring.append([entry('a'), entryOf(['a', 'b', 'c'])]);
    ring.tell();
    expect(told).toEqual([1]);
  });

  it('tells who watches for a node from which event on it is to look', () => {
    const ring = ringOf([]);
    const told: (readonly [string, number])[] = [];
    ring.watch((from) => told.push(['a', from]), new Set(['a']));
    ring.watch((from) => told.push(['any', from]));
    ring.append([entry('b'), entry('a'), entry('a')]);
    ring.tell();
    ring.append([entry('b')]);
    ring.tell();
    expect(told.toSorted()).toEqual([
      ['a', 1],
      ['any', 0],
      ['any', 3],
    ]);
  });
});
