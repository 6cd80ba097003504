import { expect, it } from 'vitest';
import { LowWater } from '../../../../services/console/events/low-water.js';

const [a, b] = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
];

it('is safe as far as the partition that is furthest behind', () => {
  const water = new LowWater();
  water.begin(a, 0n, 100);
  water.begin(b, 5n, 100);
  water.read(a, 0n, 200);
  expect(water.safeSince).toBe(100);
  water.read(b, 5n, 150);
  expect(water.safeSince).toBe(150);
  expect(water.latest).toBe(200);
});

it('does not wait for a partition on which nothing comes, once it was looked at', () => {
  const water = new LowWater();
  water.begin(a, 0n, 100);
  water.begin(b, 5n, 100);
  water.read(a, 0n, 200);
  water.looked(b, 6n, 200);
  expect(water.safeSince).toBe(100);
  water.looked(b, 5n, 200);
  expect(water.safeSince).toBe(200);
});

it('goes on where it was when a partition is given again', () => {
  const water = new LowWater();
  expect(water.begin(a, 7n, 100)).toBe(7n);
  water.read(a, 7n, 110);
  expect(water.begin(a, 30n, 500)).toBe(8n);
  expect(water.safeSince).toBe(110);
});
