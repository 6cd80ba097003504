import pg from 'pg';
import { JournalUnavailable } from '../../ports/journal.js';

/** What a failed statement means for the caller. */
export type FailureKind =
  /** Deadlock or serialisation: the same transaction may well succeed at once. */
  | 'retry'
  /** The data of some input can't be stored. */
  | 'data'
  /** The database is away, full, or gave up on time: try again later. */
  | 'unavailable'
  /** A fault of ours or of the installation: missing rights, missing tables, broken code. */
  | 'broken';

const retryCodes = new Set(['40P01', '40001', '55P03']);
/** Data exceptions, integrity constraints, limits exceeded. */
const dataClasses = new Set(['22', '23', '54']);
/** Connection, resources, operator intervention (shutdown, cancel), system errors. */
const unavailableClasses = new Set(['08', '53', '57', '58']);
/** Idle or long transactions that the server ended. */
const unavailableCodes = new Set(['25P03', '25P04', '25006']);

export function kindOfFailure(error: unknown): FailureKind {
  if (!(error instanceof pg.DatabaseError)) return isConnectionError(error) ? 'unavailable' : 'broken';
  const code = error.code ?? '';
  if (retryCodes.has(code)) return 'retry';
  if (dataClasses.has(code.slice(0, 2))) return 'data';
  const away = unavailableClasses.has(code.slice(0, 2)) || unavailableCodes.has(code);
  return away ? 'unavailable' : 'broken';
}

/** JournalUnavailable for what passes by itself, the error as it is otherwise. */
export function asJournalError(error: unknown): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  const kind = kindOfFailure(error);
  if (kind !== 'unavailable' && kind !== 'retry') return failure;
  return new JournalUnavailable(
    `the journal's database does not answer (${failure.message}): nothing is lost, it is tried again; check that PostgreSQL runs and can be reached`,
    { cause: error },
  );
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Node's own codes (ECONNREFUSED, EPIPE…) and an AggregateError of them.
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) return true;
  return /connection (terminated|error|timeout)|timeout exceeded|client was closed|not queryable|read timeout|after calling end/i.test(
    error.message,
  );
}
