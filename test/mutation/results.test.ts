import { expect, it } from 'vitest';
import { withoutSurvivors } from './results.mjs';

const mutants = ['Killed', 'Survived', 'Timeout', 'NoCoverage', 'Ignored'].map((status) => ({ status }));
const dead = ['Killed', 'Timeout', 'Ignored'].map((status) => ({ status }));
const results = { files: { 'a.ts': { mutants }, 'b.ts': { mutants } } };

it('what survived is tried anew with the tests of today: a machine kept its survivors although a new test saw them', () => {
  expect(withoutSurvivors(results, ['a.ts']).files).toEqual({
    'a.ts': { mutants: dead },
    'b.ts': { mutants },
  });
});

it('and so is everything, where all is mutated', () => {
  expect(withoutSurvivors(results, ['all']).files).toEqual({
    'a.ts': { mutants: dead },
    'b.ts': { mutants: dead },
  });
});
