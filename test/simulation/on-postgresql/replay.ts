import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Clock, Randomness } from '../../../adapters/ports/clock.js';
import type { OutboxEntry } from '../../../adapters/ports/journal.js';
import { comparable } from './comparable.js';
import type { Difference } from './contents.js';
import { Sessions } from './sessions.js';
import type { Answer, Handle, Recorded } from './tape.js';

/** Stands at the time of what is done again. */
class ReplayedClock implements Clock {
  at = 0;

  now(): number {
    return this.at;
  }

  waitUntil(): Promise<void> {
    return Promise.resolve();
  }

  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}

interface Opened {
  readonly journal: OpenJournal;
  readonly clock: ReplayedClock;
}

/** Does again on PostgreSQL what was recorded of a journal in memory, call by call, with a handle for each handle. */
export class Replay {
  readonly #connectionString: string;
  readonly #randomness: Randomness;
  readonly #opened = new Map<Handle, Opened>();
  readonly #sessions: Sessions;
  /** Entries of the outbox by their position in memory, as they were read here. */
  readonly #entries = new Map<bigint, OutboxEntry>();

  constructor(connectionString: string, randomness: Randomness) {
    this.#connectionString = connectionString;
    this.#randomness = randomness;
    this.#sessions = new Sessions(connectionString);
  }

  /** Stops at the first answer that is another one; undefined: there was none. */
  async play(recorded: readonly Recorded[]): Promise<Difference | undefined> {
    const last = new Map(recorded.map(({ handle }, place) => [handle, place]));
    for (const [place, one] of recorded.entries()) {
      const { journal, clock } = await this.#open(one.handle);
      clock.at = one.at;
      const inMemory = shown(one, one.answer);
      const onPostgres = shown(one, await answerOf(() => this.#doAgain(one, journal)));
      if (inMemory !== onPostgres)
        return { what: `call ${place + 1}, ${one.name} at ${one.at}`, inMemory, onPostgres };
      // Of a hundred lives of parts only some live at a time: the server has no room for all their connections.
      const isOver = last.get(one.handle) === place && !this.#sessions.holds(one.handle);
      if (isOver) await this.#close(one.handle);
    }
    return undefined;
  }

  /** The journal as one of the handles has it. */
  async look(handle: Handle): Promise<OpenJournal> {
    return (await this.#open(handle)).journal;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(({ journal }) => journal.close()));
    await this.#sessions.close();
  }

  async #close(handle: Handle): Promise<void> {
    await this.#opened.get(handle)?.journal.close();
    this.#opened.delete(handle);
  }

  async #open(handle: Handle): Promise<Opened> {
    const known = this.#opened.get(handle);
    if (known !== undefined) return known;
    const clock = new ReplayedClock();
    const journal = await openPostgresJournal({
      ...handle.options,
      clock,
      randomness: this.#randomness,
      connectionString: this.#connectionString,
      connections: 1,
      // Nobody waits here, so nobody has to be told.
      alone: true,
    });
    const opened = { journal, clock };
    this.#opened.set(handle, opened);
    return opened;
  }

  #doAgain({ handle, deed }: Recorded, journal: OpenJournal): Promise<unknown> {
    switch (deed.kind) {
      case 'call':
        return deed.on(journal);
      case 'acquire':
        return this.#sessions.acquire(handle, deed.partition, journal);
      case 'release':
        return this.#sessions.release(handle, deed.partition, journal);
      case 'session lost':
        return this.#sessions.lose(handle, journal);
      case 'unsent':
        return this.#readAgain(deed, journal);
      case 'mark sent':
        return journal.outbox.markSent(
          deed.entries.map((entry) => this.#here(entry)),
          deed.now,
        );
    }
  }

  /** Positions are a journal's own: which of them is which of ours, is told by the order. */
  async #readAgain(
    deed: Extract<Recorded['deed'], { readonly kind: 'unsent' }>,
    { outbox }: OpenJournal,
  ): Promise<unknown> {
    const entries = await outbox.unsent(deed.partitions, deed.limit);
    const read = await deed.read;
    for (const [place, { position }] of read.entries()) {
      const entry = entries[place];
      if (entry !== undefined) this.#entries.set(position, entry);
    }
    return entries;
  }

  #here(entry: OutboxEntry): OutboxEntry {
    const here = this.#entries.get(entry.position);
    if (here === undefined) throw new RangeError(`entry ${entry.position} was never read`);
    return here;
  }
}

async function answerOf(ask: () => Promise<unknown>): Promise<Answer> {
  try {
    return { kind: 'answered', value: await ask() };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Of a failure its kind: messages are for people, and speak of connections. */
function shown({ deed }: Recorded, answer: Answer): string {
  if (answer.kind === 'failed') return answer.error.name;
  return comparable(deed.kind === 'unsent' ? withoutPositions(answer.value) : answer.value);
}

function withoutPositions(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry: object) => ({ ...entry, position: undefined }));
}
