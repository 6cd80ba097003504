import { SchemaRegistryUnavailable, type SchemaIds } from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds, statusOf } from '../../adapters/schema-registry/confluent.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency } from './dependency.js';
import { registryAccess } from './registry-access.js';
import type { Surroundings } from './surroundings.js';

/** What is done about a registry that answered so; it gives no status where it has no such schema. */
function adviceFor(status: number | undefined, path: string): string {
  const doctor = '`faultline doctor` tries every connection';
  if (status === undefined)
    return `run \`faultline schemas register\`, or set schemaRegistry.register to true in ${path}`;
  if (status === 401 || status === 403)
    return `check schemaRegistry.username and its password, or its token, in ${path}; ${doctor}`;
  return `start the registry or mend schemaRegistry.url in ${path}; ${doctor}`;
}

/** Asks the registry once: whoever can't publish hears it at the start. */
export async function openSchemaIds(
  { schemaRegistry, path }: Configuration,
  { clock, environment }: Pick<Surroundings, 'clock' | 'environment'>,
): Promise<SchemaIds> {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { register, url } = schemaRegistry;
  const access = registryAccess(schemaRegistry, environment);
  const schemaIds = confluentSchemaIds({ ...access, register, clock });
  // Only asked: what is missing is registered when it is needed, and not by all copies at the moment in which they start.
  const asking = register ? confluentSchemaIds({ ...access, register: false, clock }) : schemaIds;
  try {
    await asking.idOf('ReportReceived');
    return schemaIds;
  } catch (error) {
    const cause: unknown = error instanceof SchemaRegistryUnavailable ? (error.cause ?? error) : error;
    const status = statusOf(cause);
    if (status === undefined && register) return schemaIds;
    return await dependency({ what: 'schema registry', where: url, next: adviceFor(status, path) }, () =>
      Promise.reject(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }
}
