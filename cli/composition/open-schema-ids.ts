import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../adapters/schema-registry/confluent.js';
import type { Configuration } from '../configuration/configuration.js';
import { registryAccess } from './registry-access.js';
import type { Surroundings } from './surroundings.js';

/** Asks nobody yet. */
export function openSchemaIds(
  { schemaRegistry }: Configuration,
  { clock, environment }: Pick<Surroundings, 'clock' | 'environment'>,
): SchemaIds {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { register } = schemaRegistry;
  return confluentSchemaIds({ ...registryAccess(schemaRegistry, environment), register, clock });
}
