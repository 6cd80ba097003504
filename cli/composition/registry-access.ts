import type { ConfluentOptions } from '../../adapters/schema-registry/confluent.js';
import type { SchemaRegistryConfiguration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { readTlsFiles } from '../configuration/tls-files.js';
import type { Environment } from './surroundings.js';

export type RegistryConfiguration = Extract<SchemaRegistryConfiguration, { readonly kind: 'confluent' }>;

function authorizationOf(
  { credentials, token }: RegistryConfiguration,
  environment: Environment,
): (() => string) | undefined {
  if (token !== undefined) return () => `Bearer ${readSecret(token, environment)}`;
  if (credentials === undefined) return undefined;
  const { username, password } = credentials;
  return () => {
    const pair = `${username}:${readSecret(password, environment)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  };
}

/**
 * Where the configured registry is, and with which credentials it is asked.
 * @throws SecretMissing naming the file or variable that is not there
 */
export function registryAccess(
  registry: RegistryConfiguration,
  environment: Environment,
): Pick<ConfluentOptions, 'url' | 'authorization' | 'tls'> {
  const authorization = authorizationOf(registry, environment);
  // Once now: who has no secret hears it at the start, and not from the first request.
  authorization?.();
  return {
    url: registry.url,
    ...(authorization === undefined ? {} : { authorization }),
    ...(registry.tls === undefined ? {} : { tls: readTlsFiles(registry.tls) }),
  };
}
