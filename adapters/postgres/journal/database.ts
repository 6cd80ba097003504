import pg from 'pg';
import { borrow, giveBack } from '../lent-connection.js';
import { asJournalError } from './failures.js';
import { TurnSocket } from './turn-socket.js';

/** A statement as it is sent; a name makes it parsed and planned once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Times, counts and versions are below 2^53; offsets and positions are read as text and made bigints. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

const limits = {
  statement_timeout: 30_000,
  // The server gives up first, where it is there to. One that is not, and a way on which everything vanishes, says nothing
  // for as long as TCP waits: a quarter of an hour.
  query_timeout: 40_000,
  idle_in_transaction_session_timeout: 30_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
} as const;

/**
 * Plans are kept as long as a connection, and those of its first minutes are made while tables are empty: then reading a
 * whole table looks cheapest, also when a million rows have come since. Everything here is found by an index.
 */
const sessionSettings = ['transaction_timeout=60000', 'enable_seqscan=off'] as const;

/** Of a statement that may take as long as it takes, on a connection whose statements may not. */
export const anyLength = { query_timeout: 2_147_483_647 } as const;

/** Settings of every connection of the journal; nothing may hang on for ever and hold the rest back. */
export function connectionSettings(options: {
  readonly connectionString: string;
  readonly name: string;
  /** Session settings, as `role=faultline_reader`. */
  readonly session?: readonly string[];
}): pg.ClientConfig {
  return {
    ...limits,
    connectionString: options.connectionString,
    application_name: `faultline-${options.name}`,
    options: [...sessionSettings, ...(options.session ?? [])].map((set) => `-c ${set}`).join(' '),
    pipeline: true,
    stream: () => new TurnSocket(),
    types,
  };
}

/** A pool whose errors are told as JournalUnavailable, and whose lost connections end nothing else. */
export class Database {
  readonly pool: pg.Pool;
  #ended: Promise<void> | undefined;

  constructor(settings: pg.ClientConfig, connections: number) {
    this.pool = new pg.Pool({ ...settings, max: connections, idleTimeoutMillis: 60_000 });
    // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  /** One statement in a transaction of its own. */
  async query<Row extends pg.QueryResultRow>(statement: Statement): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>(queryOf(statement))).rows;
    } catch (error) {
      throw asJournalError(error);
    }
  }

  /**
   * Runs `work` in a transaction and commits it with the statements that `work` returns, all in one round trip; `told`
   * hears their answers after the commit. Rolls back when anything fails. Errors come as the driver has them: see failures.ts.
   */
  async transaction<Result>(
    work: (transaction: Transaction) => Promise<{
      readonly result: Result;
      readonly last: readonly Statement[];
      readonly told?: (answers: readonly pg.QueryResult<pg.QueryResultRow>[]) => void;
    }>,
  ): Promise<Result> {
    const client = await borrow(this.pool);
    let broken = true;
    try {
      const transaction = new Transaction(client);
      try {
        const { result, last, told } = await work(transaction);
        const answers = await transaction.send([...last, { name: 'commit', text: 'COMMIT' }]);
        broken = false;
        told?.(answers);
        return result;
      } catch (error) {
        // When even this fails the connection is what is broken, and the error before tells more.
        await client.query('ROLLBACK').then(
          () => {
            broken = false;
          },
          () => undefined,
        );
        throw error;
      }
    } finally {
      giveBack(client, broken);
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#ended ??= this.pool.end();
    return this.#ended;
  }
}

/** An open transaction; it begins with its first statements, in the same round trip. */
export class Transaction {
  readonly #client: pg.PoolClient;
  #begun = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  /**
   * Sends statements one behind the other without waiting in between, so that they cost one round trip. Rejects with
   * the first one's error: the others fail because of it.
   */
  async send(statements: readonly Statement[]): Promise<readonly pg.QueryResult<pg.QueryResultRow>[]> {
    const first: readonly Statement[] = this.#begun ? [] : [{ name: 'begin', text: 'BEGIN' }];
    this.#begun = true;
    const outcomes = await Promise.allSettled(
      inOneWrite(this.#client, () =>
        [...first, ...statements].map((statement) =>
          this.#client.query<pg.QueryResultRow>(queryOf(statement)),
        ),
      ),
    );
    const results = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return results.slice(first.length);
  }

  async query<Row extends pg.QueryResultRow>(statement: Statement): Promise<readonly Row[]> {
    const [result] = await this.send([statement]);
    return (result?.rows ?? []) as Row[];
  }
}

/**
 * The driver writes each statement by itself, and each write wakes the server: for a small batch that costs more than
 * what the server does.
 */
function inOneWrite<Result>(client: pg.PoolClient, send: () => Result): Result {
  const connection: unknown = 'connection' in client ? client.connection : undefined;
  if (!(connection instanceof pg.Connection)) return send();
  connection.stream.cork();
  try {
    return send();
  } finally {
    connection.stream.uncork();
  }
}

function queryOf({ name, text, values }: Statement): pg.QueryConfig {
  return {
    text,
    ...(name === undefined ? {} : { name }),
    ...(values === undefined ? {} : { values: [...values] }),
  };
}
