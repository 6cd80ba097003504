import { expect, it } from 'vitest';
import { isInstalledAsLocked } from '../../tools/installed-as-locked.mjs';

const entry = (version: string, more: object = {}): object => ({
  version,
  integrity: `sha512-${version}`,
  ...more,
});
const lock = {
  packages: {
    '': { name: 'faultline' },
    'node_modules/pg': entry('8.0.0'),
    'node_modules/for-another-platform': entry('1.0.0', { optional: true }),
    'node_modules/@faultline/client': { resolved: 'packages/client', link: true },
  },
};
const { 'node_modules/for-another-platform': _absent, '': _root, ...installed } = lock.packages;

it('given that npm has installed what is locked, then nothing is installed again: it took the packages away from who was using them', () => {
  expect(isInstalledAsLocked(lock, { packages: installed })).toBe(true);
});

it.each([
  ['another version', { ...installed, 'node_modules/pg': entry('8.0.1') }],
  [
    'other bytes of that version',
    { ...installed, 'node_modules/pg': entry('8.0.0', { integrity: 'sha512-x' }) },
  ],
  ['one less', { 'node_modules/pg': entry('8.0.0') }],
])('given %s, then it is not', (_, packages) => {
  expect(isInstalledAsLocked(lock, { packages })).toBe(false);
});
