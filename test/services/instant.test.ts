import { describe, expect, it } from 'vitest';
import { parseInstantMs } from '../../services/instant.js';

describe('a time that somebody writes', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2026-01-31T08:00', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00.123456Z', '2026-01-31T08:00:00.123Z'],
    ['2026-01-31T01:00:00+02:00', '2026-01-30T23:00:00.000Z'],
  ])('%s is %s, wherever it is read', (text, expected) => {
    expect(new Date(parseInstantMs(text) ?? 0).toISOString()).toBe(expected);
  });

  it.each([
    ...['', '1', '2026', '2026-01', '2026-02-29', '2026-02-31', '2026-04-31T08:00:00Z', '2026-13-01'],
    ...['2026-01-31T25:00:00Z', '2026-01-31T08:60:00Z', '2026-01-31T08:00:00+25:00', '2026-01-31Z'],
    ...['maintenance.events/1/3', 'Jan 31 2026', '2026-01-31 08:00:00Z', 'now'],
  ])('"%s" is none', (text) => {
    expect(parseInstantMs(text)).toBeUndefined();
  });
});
