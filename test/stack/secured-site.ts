import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeCertificateAuthority } from '../../stack/certificates.js';
import type { Site } from '../../stack/site.js';
import { runCommand } from '../cli/run-command.js';
import { startRegistryGate } from './registry-gate.js';

/** Passwords by name of those whom the broker of a secured site knows: Faultline, and one who subscribes. */
export const users = { faultline: 'faultline-secret', alice: 'alice-secret' } as const;
export type User = keyof typeof users;

/** Where what was published before may be published once more. */
export const historyTopic = 'faults.again';

/** How Kafka and registry are reached where both let in only whom they know. Sections of a configuration. */
export interface SecuredStores {
  readonly eventLog: object;
  readonly schemaRegistry: object;
}

export interface UserAccess {
  readonly brokers: readonly string[];
  readonly certificateAuthorityFile: string;
  readonly username: User;
  readonly password: string;
}

/** What a user of this site is told. */
export function accessOf({ kafka }: Site, username: User): UserAccess {
  return {
    brokers: kafka.brokers.flatMap(({ guardedAddress }) => guardedAddress ?? []),
    certificateAuthorityFile: kafka.authority?.certificateFile ?? '',
    username,
    password: users[username],
  };
}

async function giveRights(site: Site): Promise<void> {
  const config = join(site.folder, 'operator.yaml');
  const eventLog = { kind: 'kafka', brokers: site.kafka.bootstrapServers };
  await writeFile(config, JSON.stringify({ eventLog }));
  const named = ['--faultline', 'faultline', '--subscriber', 'alice', '--history', historyTopic];
  const { code, err } = await runCommand(['topics', 'acls', ...named, '--apply', '--config', config]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
}

async function guardedRegistry(site: Site): Promise<object> {
  const folder = join(site.folder, 'registry-certificates');
  const authority = await makeCertificateAuthority(folder);
  const token = 'registry-secret';
  const tokenFile = join(folder, 'registry.token');
  await writeFile(tokenFile, `${token}\n`);
  const gate = await startRegistryGate({
    registryUrl: site.registry.url,
    authority,
    server: await authority.issue('registry'),
    token,
  });
  site.cleanups.add(() => gate.stop());
  const { certificateFile, keyFile } = await authority.issue('faultline');
  const tls = { certificateAuthorityFile: authority.certificateFile, certificateFile, keyFile };
  return { kind: 'confluent', url: gate.url, register: true, tokenFile, tls };
}

/** Gives each user of a site that was started with `users` the rights of its role, and guards the registry too. */
export async function secureStores(site: Site): Promise<SecuredStores> {
  await giveRights(site);
  const { brokers, certificateAuthorityFile, username, password } = accessOf(site, 'faultline');
  const passwordFile = join(site.folder, 'faultline.password');
  await writeFile(passwordFile, password);
  const certificate = await site.kafka.authority?.issue('faultline');
  return {
    eventLog: {
      kind: 'kafka',
      partitions: 4,
      brokers,
      tls: { certificateAuthorityFile, ...certificate },
      sasl: { mechanism: 'scram-sha-512', username, passwordFile },
    },
    schemaRegistry: await guardedRegistry(site),
  };
}
