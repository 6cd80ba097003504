import { SchemaRegistryUnavailable, type RegistryProblem } from '../../adapters/ports/schema-ids.js';
import { dependency } from './dependency.js';

/** What is done about a registry that gave no id. */
export type RegistryAdvice = Readonly<Record<RegistryProblem, string>>;

/**
 * Tells in one line which registry gave no id and why, and in another what to do.
 * @throws CommandFailed DependencyUnavailable; what is not the registry's as it is
 */
export async function registryRefusal(url: string, advice: RegistryAdvice, error: unknown): Promise<never> {
  if (!(error instanceof SchemaRegistryUnavailable)) throw error;
  // Where the registry is, the line says anyway.
  const cause = error.cause instanceof Error ? error.cause : error;
  const next = advice[error.problem];
  return dependency({ what: 'schema registry', where: url, next }, () => Promise.reject(cause));
}

export const contradiction =
  'the registry holds something else under these subjects: is it of another product, or of a newer release? Give Faultline one of its own, or mend what is named';
