import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../adapters/schema-registry/confluent.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { Surroundings } from './surroundings.js';

/** Asks nobody yet. */
export function openSchemaIds({ schemaRegistry }: Configuration, surroundings: Surroundings): SchemaIds {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { url, register, credentials } = schemaRegistry;
  return confluentSchemaIds({
    url,
    register,
    clock: surroundings.clock,
    ...(credentials === undefined
      ? {}
      : {
          auth: {
            username: credentials.username,
            password: readSecret(credentials.password, surroundings.environment),
          },
        }),
  });
}
