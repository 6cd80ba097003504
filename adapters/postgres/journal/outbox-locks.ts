import pg from 'pg';
import { asJournalError } from './failures.js';

/** First of the two numbers of our advisory locks: tells them from other uses in the same database. */
const lockClass = 7_264_023;

/** Session locks on outbox partitions, on one connection of their own: they go when it goes. */
export class OutboxLocks {
  readonly #settings: pg.ClientConfig;
  readonly #held = new Set<number>();
  readonly #lost = new Set<number>();
  #client: Promise<pg.Client> | undefined;

  constructor(settings: pg.ClientConfig) {
    this.#settings = settings;
  }

  /** Held until the connection was lost and not acquired again since. */
  isLost(partition: number): boolean {
    return this.#lost.has(partition);
  }

  /** False while anybody holds it, this process included: two relays of one process are two senders as well. */
  async acquire(partition: number): Promise<boolean> {
    if (this.#held.has(partition)) return false;
    // Taken at once, so that a second call in this process can't pass in between: the server would let it in.
    this.#held.add(partition);
    try {
      const client = await this.#connection();
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS locked',
        [lockClass, partition],
      );
      const locked = rows[0]?.locked === true;
      if (locked) this.#lost.delete(partition);
      else this.#held.delete(partition);
      return locked;
    } catch (error) {
      this.#held.delete(partition);
      throw asJournalError(error);
    }
  }

  async release(partition: number): Promise<void> {
    this.#lost.delete(partition);
    if (!this.#held.delete(partition)) return;
    try {
      const client = await this.#connection();
      await client.query('SELECT pg_advisory_unlock($1, $2)', [lockClass, partition]);
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
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#settings);
    client.on('error', () => undefined);
    client.on('end', () => {
      this.#forget();
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#client = undefined;
    for (const partition of this.#held) this.#lost.add(partition);
    this.#held.clear();
  }
}
