import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { workflowsDocument } from '../../workflows/document.js';

it('every machine goes where its diagram in the documents says', () => {
  expect(workflowsDocument()).toBe(readFileSync('docs/workflows.md', 'utf8'));
});
