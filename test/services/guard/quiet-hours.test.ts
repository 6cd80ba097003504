import { describe, expect, it } from 'vitest';
import { quietUntil, type QuietHours } from '../../../services/guard/quiet-hours.js';

const daily = [1, 2, 3, 4, 5, 6, 7];

function until(hours: Partial<QuietHours>, now: string): string | undefined {
  const end = quietUntil({ days: daily, from: 0, to: 0, timeZone: 'UTC', ...hours }, Date.parse(now));
  return end === undefined ? undefined : new Date(end).toISOString();
}

describe('quiet hours', () => {
  it.each([
    ['2026-01-05T07:59:59.999Z', undefined],
    ['2026-01-05T08:00:00.000Z', '2026-01-05T18:00:00.000Z'],
    ['2026-01-05T17:59:59.999Z', '2026-01-05T18:00:00.000Z'],
    ['2026-01-05T18:00:00.000Z', undefined],
  ])('from 8 to 18, at %s: until %s', (now, expected) => {
    expect(until({ from: 8 * 60, to: 18 * 60 }, now)).toBe(expected);
  });

  it.each([
    ['2026-01-09T21:00:00Z', undefined],
    ['2026-01-09T23:00:00Z', '2026-01-10T06:00:00.000Z'],
    ['2026-01-10T05:00:00Z', '2026-01-10T06:00:00.000Z'],
    ['2026-01-10T23:00:00Z', undefined],
    ['2026-01-11T05:00:00Z', undefined],
  ])('of Fridays from 22 to 6 of the next day, at %s: until %s', (now, expected) => {
    expect(until({ days: [5], from: 22 * 60, to: 6 * 60 }, now)).toBe(expected);
  });

  it('from midnight to midnight: the whole day', () => {
    expect(until({ days: [1] }, '2026-01-05T12:00:00Z')).toBe('2026-01-06T00:00:00.000Z');
  });

  it.each([
    // Summer time begins on 29 March 2026 at 2 o'clock, and ends on 25 October at 3.
    ['2026-03-28T22:00:00Z', '2026-03-29T04:00:00.000Z'],
    ['2026-03-29T22:00:00Z', '2026-03-30T04:00:00.000Z'],
    ['2026-10-24T22:00:00Z', '2026-10-25T05:00:00.000Z'],
  ])('go by the clocks of their place, also when those are changed: at %s until %s', (now, expected) => {
    expect(until({ from: 22 * 60, to: 6 * 60, timeZone: 'Europe/Berlin' }, now)).toBe(expected);
  });
});
