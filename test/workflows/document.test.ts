import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { workflowsDocument } from '../../workflows/document.js';

it('draws every machine as it is (npm run docs writes the file)', () => {
  expect(readFileSync('docs/workflows.md', 'utf8')).toBe(workflowsDocument());
});
