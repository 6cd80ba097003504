import { expect, it } from 'vitest';
import { asStored, storableJson } from '../../../adapters/journal/storable.js';

/** `innermost`, so many objects and lists deep. */
function nested(depth: number, innermost: unknown): unknown {
  return depth === 0 ? innermost : { list: [nested(depth - 1, innermost)] };
}

it('what can be stored as it is is given back as it is', () => {
  const value = { text: 'disk', list: [1, null, { ready: true }] };
  expect(asStored(value)).toBe(value);
});

it.each([
  ['NUL in a value', { a: 'x\0' }, { a: 'x\uFFFD' }],
  ['half a pair in a name', { '\ud800': 1 }, { '\uFFFD': 1 }],
  ['members that are not there', { a: undefined, b: [undefined] }, { b: [null] }],
  ['numbers that JSON does not have', { a: Number.NaN, b: Infinity }, { a: null, b: null }],
])('given %s, then it is as it will be read back', (_, given, stored) => {
  expect(asStored(given)).toEqual(stored);
  expect(JSON.parse(storableJson(given))).toEqual(stored);
});

it('given something that can not be stored 60 levels down, then each level is looked at once', () => {
  expect(asStored(nested(30, '\0'))).toEqual(nested(30, '\uFFFD'));
});
