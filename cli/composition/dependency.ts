import { CommandFailed } from '../errors.js';

/** Something outside that Faultline can't start without. */
export interface Dependency {
  /** For instance `event log (Kafka)`. */
  readonly what: string;
  readonly where: string;
  /** What the operator does about it. */
  readonly next: string;
}

/**
 * Opens a dependency. When it is missing or refuses, the error is one line that says which, where and why, and one
 * that says what to do.
 */
export async function dependency<Opened>(
  { what, where, next }: Dependency,
  open: () => Opened | Promise<Opened>,
): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const reason = innermostMessage(error).replaceAll(/\s+/g, ' ');
    throw new CommandFailed('DependencyUnavailable', `${what} at ${where}: ${reason}`, next, {
      cause: error,
    });
  }
}

/** Clients wrap what went wrong; Node gives an error without a message when every address refused. */
function innermostMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return innermostMessage(error.errors[0]);
  return error.message === '' ? error.name : error.message;
}
