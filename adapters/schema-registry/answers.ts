import { SchemaRegistryUnavailable, type RegistryProblem } from '../ports/schema-ids.js';

/** The client puts the status of an answer on its errors, but for a 404; 400 when there was no answer at all. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** The registry took a question, and said nothing for as long as is waited. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Asks one question, and gives up after a while: the client waits for ever for a registry that accepts and never
 * answers. Whoever asks several in a row waits as long for each: a registry that has just started is slow, not silent.
 */
export async function within<Value>(ms: number, ask: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer(`no answer within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([ask(), late]);
  } finally {
    clearTimeout(timer);
  }
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
