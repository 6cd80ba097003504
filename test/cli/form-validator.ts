import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import { expect } from 'vitest';

import { packageRoot } from '../../schemas/package-root.js';

/** Holds a document against the published schema of its kind. */
export function expectPublishedForm(document: unknown, kind: string): void {
  const path = join(packageRoot(), 'schemas/cli', `${kind}.schema.json`);
  const validate = new Ajv({ allErrors: true, strict: false }).compile(
    JSON.parse(readFileSync(path, 'utf8')) as object,
  );
  validate(document);
  expect(validate.errors, JSON.stringify(document)).toBeNull();
}
