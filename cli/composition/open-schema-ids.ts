import { SchemaRegistryUnavailable, type SchemaIds } from '../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds, type ConfluentOptions } from '../../adapters/schema-registry/confluent.js';
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
    silent: `see in its log and its load what the registry waits for; ${doctor}`,
    contradicts: contradiction,
  };
}

/** A registry that started at the same moment, on a machine that is busy starting, answers nothing for a while. */
const attempts = 4;

/**
 * Asks the registry, or registers the first schema: whoever can't publish hears it at the start. One that takes the
 * question and says nothing is asked again, for a minute in all.
 * @throws CommandFailed DependencyUnavailable
 */
export async function openSchemaIds(
  { schemaRegistry, path }: Pick<Configuration, 'schemaRegistry' | 'path'>,
  { clock, environment, log }: Pick<Surroundings, 'clock' | 'environment' | 'log'>,
  waiting: Pick<ConfluentOptions, 'answerWithinMs'> = {},
): Promise<SchemaIds> {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { register, url } = schemaRegistry;
  const access = registryAccess(schemaRegistry, environment);
  const schemaIds = confluentSchemaIds({ ...access, ...waiting, register, clock });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await schemaIds.idOf('ReportReceived');
      return schemaIds;
    } catch (error) {
      const silent = error instanceof SchemaRegistryUnavailable && error.problem === 'silent';
      if (!silent || attempt === attempts) return await registryRefusal(url, adviceOf(path), error);
      log.warn({ url, attempt, attempts }, `${error.message}; asking again`);
    }
  }
}
