import { NoAnswer } from '../clock/answer-within.js';
import { SchemaRegistryUnavailable, type RegistryProblem } from '../ports/schema-ids.js';

/** The client puts the status of an answer on its errors, but for a 404; 400 when there was no answer at all. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/**
 * What the registry at `url` did in place of giving an id, in one type.
 * @throws SchemaRegistryUnavailable
 */
export async function toldAs<Value>(url: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = problemOf(error);
    const hint = problem === 'notRegistered' ? '; faultline schemas register' : '';
    throw new SchemaRegistryUnavailable(`schema registry ${url}: ${reason}${hint}`, problem, {
      cause: error,
    });
  }
}

function problemOf(error: unknown): RegistryProblem {
  if (error instanceof SchemaRegistryUnavailable) return error.problem;
  if (error instanceof NoAnswer) return 'silent';
  const status = statusOf(error);
  if (status === 401 || status === 403) return 'denied';
  return status === 409 || status === 422 ? 'contradicts' : 'away';
}
