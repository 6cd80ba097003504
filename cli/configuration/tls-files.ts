import { readFileSync } from 'node:fs';

import type { TlsFiles } from './configuration.js';
import { SecretMissing } from './secret.js';

/** In Node's words, PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function readPem(path: string): string {
  let pem = '';
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    // Said below, as for an empty one.
  }
  if (pem.includes('-----BEGIN ')) return pem;
  throw new SecretMissing(`${path} is missing, unreadable or no PEM file: create it, readable for this user`);
}

/**
 * Reads the files now.
 * @throws SecretMissing naming the file
 */
export function readTlsFiles({ certificateAuthorityFile, certificateFile, keyFile }: TlsFiles): TlsMaterial {
  return {
    ...(certificateAuthorityFile === undefined ? {} : { ca: readPem(certificateAuthorityFile) }),
    ...(certificateFile === undefined ? {} : { cert: readPem(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: readPem(keyFile) }),
  };
}
