import { describe, expect, it } from 'vitest';
import { StallWatch, type PartitionStanding } from '../../../adapters/kafka/stall-watch.js';

const idle = (name: string, position: bigint): PartitionStanding => ({
  name,
  position,
  busySince: undefined,
});
const highs = new Map([
  ['a', 10n],
  ['b', 10n],
]);

describe('given a partition in which records are waiting', () => {
  it('when it has not moved at the next look, then it is stalled', () => {
    const watch = new StallWatch();
    expect(watch.look(0, [idle('a', 4n), idle('b', 10n)], highs)).toEqual([]);
    expect(watch.look(30, [idle('a', 4n), idle('b', 10n)], highs)).toEqual(['a']);
  });

  it('when others go on and it does not, then it is stalled', () => {
    const watch = new StallWatch();
    watch.look(0, [idle('a', 4n), idle('b', 1n)], highs);
    expect(watch.look(30, [idle('a', 4n), { name: 'b', position: 2n, busySince: 29 }], highs)).toEqual(['a']);
  });

  it.each<[string, PartitionStanding, PartitionStanding]>([
    ['it has moved', idle('a', 4n), idle('a', 5n)],
    ['it is under work', idle('a', 4n), { name: 'a', position: 4n, busySince: 20 }],
    ['it was under work', { name: 'a', position: 4n, busySince: 0 }, idle('a', 4n)],
    ['its beginning is being asked', idle('a', 4n), { name: 'a', position: undefined, busySince: undefined }],
  ])('when %s, then it is not', (_, first, second) => {
    const watch = new StallWatch();
    watch.look(0, [first], highs);
    expect(watch.look(30, [second], highs)).toEqual([]);
  });

  it('when a batch of another has been under work all the time, then it only waits for that one', () => {
    const watch = new StallWatch();
    const other: PartitionStanding = { name: 'b', position: 1n, busySince: 0 };
    watch.look(0, [idle('a', 4n), other], highs);
    expect(watch.look(30, [idle('a', 4n), other], highs)).toEqual([]);
  });
});

it('given a partition in which nothing waits, or of which nobody knows, then it is not stalled', () => {
  const watch = new StallWatch();
  const partitions = [idle('a', 10n), idle('c', 0n)];
  watch.look(0, partitions, highs);
  expect(watch.look(30, partitions, highs)).toEqual([]);
  expect(watch.look(60, [idle('b', 4n)], new Map())).toEqual([]);
  expect(watch.look(90, [idle('b', 4n)], highs)).toEqual([]);
});
