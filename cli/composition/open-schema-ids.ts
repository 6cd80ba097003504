import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../adapters/schema-registry/confluent.js';
import type { Configuration } from '../configuration/configuration.js';
import { registryAccess } from './registry-access.js';
import { contradiction, registryRefusal, type RegistryAdvice } from './registry-refusal.js';
import type { Surroundings } from './surroundings.js';

function adviceOf(path: string): RegistryAdvice {
  const doctor = '`faultline doctor` tries every connection';
  return {
    notRegistered: `run \`faultline schemas register\`, or set schemaRegistry.register to true in ${path}`,
    denied: `check schemaRegistry.username and its password, or its token, in ${path}; ${doctor}`,
    away: `start the registry or mend schemaRegistry.url in ${path}; ${doctor}`,
    contradicts: contradiction,
  };
}

/** Asks the registry once, or registers the first schema: whoever can't publish hears it at the start. */
export async function openSchemaIds(
  { schemaRegistry, path }: Configuration,
  { clock, environment }: Pick<Surroundings, 'clock' | 'environment'>,
): Promise<SchemaIds> {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { register, url } = schemaRegistry;
  const access = registryAccess(schemaRegistry, environment);
  const schemaIds = confluentSchemaIds({ ...access, register, clock });
  try {
    await schemaIds.idOf('ReportReceived');
    return schemaIds;
  } catch (error) {
    return await registryRefusal(url, adviceOf(path), error);
  }
}
