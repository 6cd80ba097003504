import {
  SchemaRegistryUnavailable,
  type RegistryProblem,
  type SchemaIds,
} from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../adapters/schema-registry/confluent.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency } from './dependency.js';
import { registryAccess } from './registry-access.js';
import type { Surroundings } from './surroundings.js';

function adviceFor(problem: RegistryProblem, path: string): string {
  const doctor = '`faultline doctor` tries every connection';
  switch (problem) {
    case 'notRegistered':
      return `run \`faultline schemas register\`, or set schemaRegistry.register to true in ${path}`;
    case 'denied':
      return `check schemaRegistry.username and its password, or its token, in ${path}; ${doctor}`;
    case 'away':
      return `start the registry or mend schemaRegistry.url in ${path}; ${doctor}`;
    case 'contradicts':
      return `set that level in the registry, or give Faultline a registry of its own in ${path}`;
  }
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
    const problem = error instanceof SchemaRegistryUnavailable ? error.problem : 'away';
    return await dependency({ what: 'schema registry', where: url, next: adviceFor(problem, path) }, () =>
      Promise.reject(reasonOf(error)),
    );
  }
}

/** Where the registry is, the line says anyway. */
function reasonOf(error: unknown): Error {
  if (error instanceof SchemaRegistryUnavailable && error.cause instanceof Error) return error.cause;
  return error instanceof Error ? error : new Error(String(error));
}
