import { expect, it } from 'vitest';
import { oneOf, readOptions, Usage, wholeNumber } from './command-line.js';

it.each(['abc', '', '0', '-1', '1.5', '1e3', ' 7', '99999999999999999999'])(
  'a number of schedules is a whole one from 1 on: with "%s" none was played, and 0 had failed',
  (text) => {
    expect(() => wholeNumber('schedules', text)).toThrow(Usage);
  },
);

it('a whole number is taken as it is', () => {
  expect([wholeNumber('seed', '0', 0), wholeNumber('schedules', '1000000')]).toEqual([0, 1_000_000]);
});

it('an option that there is not, or without its value, is told in one line', () => {
  const read = (args: readonly string[]) => readOptions('npm run x', args, { seed: { type: 'string' } });
  expect(read(['--seed', '3']).seed).toBe('3');
  for (const args of [['--bogus'], ['--seed'], ['word']])
    expect(() => read(args)).toThrow(/^[^\n]*`npm run x -- --help` lists what there is$/);
});

it('a word is one of those that there are', () => {
  expect(oneOf('output', 'json', ['text', 'json'])).toBe('json');
  expect(() => oneOf('output', 'xml', ['text', 'json'])).toThrow('--output takes text or json, not "xml"');
});
