import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { errorsDocument } from '../../cli/errors.js';

it('documents every error as the catalog has it (npm run docs writes the file)', () => {
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsDocument());
});
