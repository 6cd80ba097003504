import { expect, it } from 'vitest';
import { schemaCheckText } from '../../cli/output/schema-check-text.js';

it('given a file that no release has published, then it is not told as published', () => {
  expect(schemaCheckText({ problems: [], unpublished: [] })).toBe(
    'what is published stands as it was published\n',
  );
  expect(schemaCheckText({ problems: [], unpublished: ['signal.v5.avsc'] })).toContain(
    'signal.v5.avsc: not published yet',
  );
});

it('given a problem, then nothing is told as in order', () => {
  const problems = [{ file: 'signal.v1.avsc', problem: 'was published and is gone: restore it' }];
  expect(schemaCheckText({ problems, unpublished: [] })).toBe('');
});
