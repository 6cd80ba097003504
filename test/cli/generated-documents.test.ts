import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { generatedDocuments } from '../../cli/generated-documents.js';

it.each(generatedDocuments())('%s is what the code says (npm run docs writes it)', (path, content) => {
  expect(readFileSync(path, 'utf8')).toBe(content);
});
