import pg from 'pg';
import { outboxPartitionOf } from '../../journal/digests.js';
import { WakeUp } from '../../journal/wake-up.js';

/** What there may be something new of: commands, timers, or entries of one outbox partition. */
export type News = 'command' | 'timer' | `outbox/${number}`;
const channel = 'faultline_journal';
/** A notice is a hint and may get lost with a connection; so long at most something new lies unseen. Real time. */
const fallbackPollMs = 1_000;
const reconnectMs = 500;

/**
 * Tells this process and the others that something was committed. NOTIFY inside the transaction would take a lock of
 * the whole server until the commit is on disk, one commit after the other; so it is sent after the commit, by its own
 * connection, and one NOTIFY stands for all commits that came while the one before was under way.
 */
export class Notices {
  readonly work = new WakeUp(fallbackPollMs);
  readonly timerChanges = new WakeUp(fallbackPollMs);
  /** Per outbox partition: one sender reads it, and the senders of the others need not look. */
  readonly entries: readonly WakeUp[];
  readonly #settings: pg.ClientConfig | undefined;
  readonly #unsent = new Set<News>();
  #client: pg.Client | undefined;
  #sending = false;
  #closed = false;
  #reconnect: NodeJS.Timeout | undefined;

  /** @param settings undefined: no other process uses this journal, so nobody else has to be told */
  constructor(settings: pg.ClientConfig | undefined, outboxPartitions: number) {
    this.#settings = settings;
    this.entries = Array.from({ length: outboxPartitions }, () => new WakeUp(fallbackPollMs));
  }

  /** Connects; when the connection is lost later on, it is made again and again. */
  async listen(): Promise<void> {
    if (this.#settings === undefined) return;
    const client = new pg.Client(this.#settings);
    client.on('error', () => undefined);
    client.on('end', () => {
      if (this.#client === client) this.#client = undefined;
      this.#listenLater();
    });
    client.on('notification', ({ payload, processId }) => {
      // Its own commits were announced in this process already.
      if (processId !== ownProcessId(client)) this.#announce(payload ?? '');
    });
    await client.connect();
    try {
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    // What was committed while nobody listened.
    for (const wakeUp of [this.work, this.timerChanges, ...this.entries]) wakeUp.announce();
  }

  /** To be called after the commit. */
  committed(changed: readonly News[]): void {
    for (const news of changed) this.#announce(news);
    if (this.#settings === undefined) return;
    for (const news of changed) this.#unsent.add(news);
    void this.#tellOthers();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reconnect);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #tellOthers(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#unsent.size > 0 && this.#client !== undefined) {
        const statement = [...this.#unsent].map((news) => `NOTIFY ${channel}, '${news}'`).join('; ');
        this.#unsent.clear();
        await this.#client.query(statement);
      }
    } catch {
      // The others look by themselves after fallbackPollMs.
    } finally {
      this.#sending = false;
    }
  }

  #announce(news: string): void {
    if (news === 'command') this.work.announce();
    else if (news === 'timer') this.timerChanges.announce();
    else if (news.startsWith('outbox/')) this.entries[Number(news.slice('outbox/'.length))]?.announce();
  }

  #listenLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#reconnect);
    this.#reconnect = setTimeout(() => {
      this.listen().catch(() => {
        this.#listenLater();
      });
    }, reconnectMs);
  }
}

/** News of all outbox partitions, when entries of any node were written. */
export function newsOfWholeOutbox(partitions: number): readonly News[] {
  return Array.from({ length: partitions }, (_, partition): News => `outbox/${partition}`);
}

/** News of entries with these keys, each partition once. */
export function newsOfOutbox(keys: readonly string[], partitions: number): readonly News[] {
  const touched = new Set(keys.map((key) => outboxPartitionOf(key, partitions)));
  return [...touched].map((partition): News => `outbox/${partition}`);
}

/** The driver keeps the backend's id, which its types leave out. */
function ownProcessId(client: pg.Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}
