import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCommand } from './build-command.js';

/** Paths of PEM files. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** An authority of nobody's but this run's. */
export interface CertificateAuthority {
  readonly certificateFile: string;
  /** For servers at 127.0.0.1 (and by no other name), and for clients; `name` is who they say they are. */
  issue(name: string): Promise<Certificate>;
}

/** OpenSSL's own file would make every certificate one of an authority. */
const extensions = `
[req]
distinguished_name = nobody
[nobody]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[member]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1
authorityKeyIdentifier = keyid
`;

/** Makes an authority in `folder`, good for two days. Needs `openssl` 3. */
export async function makeCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  await mkdir(folder, { recursive: true });
  const configuration = join(folder, 'openssl.cnf');
  await writeFile(configuration, extensions);
  const make = async (name: string, options: readonly string[]): Promise<Certificate> => {
    const certificateFile = join(folder, `${name}.pem`);
    const keyFile = join(folder, `${name}.key`);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
    const what = ['req', '-x509', '-config', configuration, '-days', '2', '-subj', `/CN=${name}`];
    const args = [...what, ...key, '-out', certificateFile, ...options];
    await buildCommand('openssl', args, { log: join(folder, 'openssl.log'), folder });
    return { certificateFile, keyFile };
  };
  const authority = await make('authority', ['-extensions', 'authority']);
  const signed = ['-extensions', 'member', '-CA', authority.certificateFile, '-CAkey', authority.keyFile];
  return { certificateFile: authority.certificateFile, issue: (name) => make(name, signed) };
}
