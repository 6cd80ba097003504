import { readFileSync } from 'node:fs';

import type { SecretSource } from './configuration.js';

/** A secret that the configuration points at is not there. Its value never stands in a message. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing';
}

/**
 * Reads a secret now; a trailing line break is not part of it.
 * @throws SecretMissing naming the file or variable
 */
export function readSecret(
  source: SecretSource,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const value = source.kind === 'file' ? readFile(source.path) : environment[source.variable];
  if (value !== undefined && value !== '') return value;
  throw new SecretMissing(
    source.kind === 'file'
      ? `secret file ${source.path} is missing, unreadable or empty: create it, readable for this user only`
      : `environment variable ${source.variable} is not set: set it to the secret`,
  );
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
