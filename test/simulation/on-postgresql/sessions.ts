import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import type { Handle } from './tape.js';

const patienceMs = 10_000;

/** Which handle holds which outbox partition in its session, and how such a session breaks. */
export class Sessions {
  readonly #holders = new Map<number, Handle>();
  readonly #admin: pg.Pool;

  constructor(connectionString: string) {
    this.#admin = new pg.Pool({ connectionString, max: 1 });
    this.#admin.on('error', () => undefined);
  }

  async acquire(handle: Handle, partition: number, { outbox }: OpenJournal): Promise<boolean> {
    const acquired = await outbox.acquire(partition);
    if (acquired) this.#holders.set(partition, handle);
    return acquired;
  }

  /** Whether it still holds a partition: then its connection has to stay. */
  holds(handle: Handle): boolean {
    return [...this.#holders.values()].includes(handle);
  }

  async release(handle: Handle, partition: number, { outbox }: OpenJournal): Promise<void> {
    await outbox.release(partition);
    if (this.#holders.get(partition) === handle) this.#holders.delete(partition);
  }

  /** The connection that holds this handle's locks is cut; resolves when it has noticed. */
  async lose(handle: Handle, { outbox }: OpenJournal): Promise<void> {
    const held = [...this.#holders].filter(([, holder]) => holder === handle).map(([partition]) => partition);
    if (held.length === 0) return;
    for (const partition of held) this.#holders.delete(partition);
    await this.#admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND objid = ANY ($1::oid[])
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [held],
    );
    const deadline = Date.now() + patienceMs;
    while (!(await isLost(() => outbox.unsent(held, 0)))) {
      if (Date.now() > deadline) throw new Error(`outbox partitions ${held.join(', ')} were not lost`);
      await pause(1);
    }
  }

  async close(): Promise<void> {
    await this.#admin.end();
  }
}

async function isLost(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return false;
  } catch (error) {
    if (error instanceof JournalUnavailable) return true;
    throw error;
  }
}
