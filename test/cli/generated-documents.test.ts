import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { generatedDocuments } from '../../cli/generated-documents.js';
import { packageRoot } from '../../schemas/package-root.js';

it.each(generatedDocuments())('%s is what the code says (npm run docs writes it)', (path, content) => {
  const written = readFileSync(join(packageRoot(), path), 'utf8');
  // JSON is compared by its meaning: the formatter may lay it out anew.
  if (path.endsWith('.json')) expect(JSON.parse(written)).toEqual(JSON.parse(content));
  else expect(written).toBe(content);
});
