import pg from 'pg';
import { outboxPartitionOf } from '../../journal/digests.js';
import { WakeUp } from '../../journal/wake-up.js';

type Channel = 'command' | 'timer' | 'outbox';
const channels: readonly Channel[] = ['command', 'timer', 'outbox'];
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
  readonly entries = new WakeUp(fallbackPollMs);
  readonly #settings: pg.ClientConfig | undefined;
  readonly #outboxPartitions: number;
  readonly #unsent = new Set<Channel>();
  #client: pg.Client | undefined;
  #sending = false;
  #closed = false;
  #reconnect: NodeJS.Timeout | undefined;

  /** @param settings undefined: no other process uses this journal, so nobody else has to be told */
  constructor(settings: pg.ClientConfig | undefined, outboxPartitions: number) {
    this.#settings = settings;
    this.#outboxPartitions = outboxPartitions;
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
    client.on('notification', ({ channel, processId }) => {
      // Its own commits were announced in this process already.
      if (processId !== ownProcessId(client)) this.#announce(channel);
    });
    await client.connect();
    try {
      await client.query(channels.map((channel) => `LISTEN ${nameOf(channel)}`).join('; '));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    // What was committed while nobody listened.
    for (const channel of channels) this.#announce(nameOf(channel));
  }

  /** To be called after the commit; `written` are the new entries of the outbox, where they are known. */
  committed(
    changed: readonly ('command' | 'timer')[],
    written: readonly { readonly key: string }[] | 'unknown',
  ): void {
    for (const channel of changed) this.#announce(nameOf(channel));
    if (written === 'unknown') this.#announce(nameOf('outbox'));
    else for (const partition of this.#partitionsOf(written)) this.entries.announce(partition);
    if (this.#settings === undefined) return;
    for (const channel of changed) this.#unsent.add(channel);
    if (written.length > 0) this.#unsent.add('outbox');
    void this.#tellOthers();
  }

  #partitionsOf(written: readonly { readonly key: string }[]): ReadonlySet<number> {
    return new Set(written.map(({ key }) => outboxPartitionOf(key, this.#outboxPartitions)));
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
        const statement = [...this.#unsent].map((channel) => `NOTIFY ${nameOf(channel)}`).join('; ');
        this.#unsent.clear();
        await this.#client.query(statement);
      }
    } catch {
      // The others look by themselves after fallbackPollMs.
    } finally {
      this.#sending = false;
    }
  }

  #announce(channel: string): void {
    if (channel === nameOf('command')) this.work.announce();
    else if (channel === nameOf('timer')) this.timerChanges.announce();
    else if (channel === nameOf('outbox')) this.entries.announce();
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

function nameOf(channel: Channel): string {
  return `faultline_${channel}`;
}

/** The driver keeps the backend's id, which its types leave out. */
function ownProcessId(client: pg.Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}
