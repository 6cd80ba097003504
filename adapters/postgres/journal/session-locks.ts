import { Socket } from 'node:net';
import pg from 'pg';
import { asJournalError } from './failures.js';

/**
 * First of the two numbers of our advisory locks: tells them from each other, and from other uses in the same database. That of nodes,
 * 7264025, stands in the migrations.
 */
export const lockClasses = {
  outboxPartition: 7_264_023,
  webhookSubscriber: 7_264_024,
  nodeStates: 7_264_026,
  archive: 7_264_027,
} as const;

/**
 * Session locks on things of one kind that have numbers, on one connection of their own: they go when it goes. A machine that
 * dies says no goodbye, and PostgreSQL would keep its session for as long as TCP does, which is hours: so the server ends a
 * session that is silent for a lease (`idle_session_timeout`), and we give a sign of life three times in one. Without an answer
 * to it we take the locks for lost before the server gives them to somebody else.
 */
export class SessionLocks {
  readonly #settings: pg.ClientConfig;
  readonly #lockClass: number;
  readonly #leaseMs: number;
  readonly #held = new Set<number>();
  readonly #lost = new Set<number>();
  #client: Promise<pg.Client> | undefined;

  /** @param leaseMs after so long without a sign of life the server lets go of what the session holds */
  constructor(settings: pg.ClientConfig, lockClass: number, leaseMs = 30_000) {
    this.#settings = settings;
    this.#lockClass = lockClass;
    this.#leaseMs = leaseMs;
  }

  /** Acquired by this process, and not lost since. */
  isHeld(number: number): boolean {
    return this.#held.has(number);
  }

  /** Held until the connection was lost and not acquired again since. */
  isLost(number: number): boolean {
    return this.#lost.has(number);
  }

  /** False while anybody holds it, this process included: two of one process are two as well. */
  async acquire(number: number): Promise<boolean> {
    if (this.#held.has(number)) return false;
    // Taken at once, so that a second call in this process can't pass in between: the server would let it in.
    this.#held.add(number);
    try {
      const client = await this.#connection();
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS locked',
        [this.#lockClass, number],
      );
      const locked = rows[0]?.locked === true;
      if (locked) this.#lost.delete(number);
      else this.#held.delete(number);
      return locked;
    } catch (error) {
      this.#held.delete(number);
      throw asJournalError(error);
    }
  }

  async release(number: number): Promise<void> {
    this.#lost.delete(number);
    if (!this.#held.delete(number)) return;
    try {
      const client = await this.#connection();
      await client.query('SELECT pg_advisory_unlock($1, $2)', [this.#lockClass, number]);
    } catch {
      // The connection is gone, and the lock with it.
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#held.clear();
    await client?.then((connected) => connected.end()).catch(() => undefined);
  }

  #connection(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    // A connection that was refused ends some time after that: what has been locked on the next one by then stays locked.
    const connecting = this.#connect(() => {
      if (this.#client === connecting) this.#forget();
    });
    this.#client = connecting;
    return connecting;
  }

  async #connect(onEnd: () => void): Promise<pg.Client> {
    const socket = new Socket();
    const beatMs = Math.floor(this.#leaseMs / 3);
    const client = new pg.Client({
      ...this.#settings,
      stream: () => socket,
      options: `${this.#settings.options ?? ''} -c idle_session_timeout=${this.#leaseMs}`,
      query_timeout: beatMs,
    });
    let beating: NodeJS.Timeout | undefined;
    client.on('error', () => undefined);
    client.on('end', () => {
      clearInterval(beating);
      onEnd();
    });
    try {
      await client.connect();
      beating = setInterval(() => {
        // Whoever does not answer says no goodbye either.
        client.query('SELECT').catch(() => socket.destroy());
      }, beatMs);
      beating.unref();
      return client;
    } catch (error) {
      onEnd();
      throw error;
    }
  }

  #forget(): void {
    this.#client = undefined;
    for (const number of this.#held) this.#lost.add(number);
    this.#held.clear();
  }
}
