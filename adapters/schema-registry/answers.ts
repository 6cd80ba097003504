import { SchemaRegistryUnavailable, type RegistryProblem } from '../ports/schema-ids.js';

/** The client puts the status of an answer on its errors, but for a 404; 400 when there was no answer at all. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/**
 * Asks, and gives up after a while: the client waits for ever for a registry that accepts and never answers.
 * @throws SchemaRegistryUnavailable
 */
export async function answered<Value>(
  { url, withinMs }: { readonly url: string; readonly withinMs: number },
  ask: () => Promise<Value>,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${withinMs} ms`));
    }, withinMs);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = problemOf(error);
    const hint = problem === 'notRegistered' ? '; faultline schemas register' : '';
    throw new SchemaRegistryUnavailable(`schema registry ${url}: ${reason}${hint}`, problem, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

function problemOf(error: unknown): RegistryProblem {
  if (error instanceof SchemaRegistryUnavailable) return error.problem;
  const status = statusOf(error);
  if (status === 401 || status === 403) return 'denied';
  return status === 409 || status === 422 ? 'contradicts' : 'away';
}
