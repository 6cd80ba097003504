import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { packageRoot } from '../schemas/package-root.js';
import { generatedDocuments } from './generated-documents.js';

// `npm run docs`: writes every generated document; tests hold the files against what would be written.
for (const [path, content] of generatedDocuments()) {
  const file = join(packageRoot(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
