import { CommandFailed } from './errors.js';
import { Patience } from './patience.js';
import { pause } from './pause.js';
import type { Query, ServerClient } from './server-client.js';
import { serverSentEvents } from '../packages/protocols/server-sent-events.js';
import type { Terminal } from './terminal.js';

/** A CloudEvent as the server gives it. */
export interface ReceivedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** `<cluster>/<node>` */
  readonly subject: string;
  readonly data?: object;
}

/** A server says something every 15 s: one that is silent for longer is away, although nobody has ended the connection. */
const longestSilenceMs = 45_000;
/** Whoever comes again hears the last seconds again: so many ids are known. */
const knownIds = 50_000;

class Known {
  readonly #ids = new Set<string>();

  isNew({ source, id }: ReceivedEvent): boolean {
    const name = `${source} ${id}`;
    if (this.#ids.has(name)) return false;
    this.#ids.add(name);
    const [oldest] = this.#ids;
    if (this.#ids.size > knownIds && oldest !== undefined) this.#ids.delete(oldest);
    return true;
  }
}

export interface EventsWish {
  readonly query: Query;
  /** What is to come too. */
  readonly follow: boolean;
  /** Id of the event from which to go on. */
  readonly after?: string;
  /** With a server that has answered before, and may be away. */
  readonly patience?: Patience;
}

/** Ends where nothing comes for too long. */
async function* whileHeard(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const over = new AbortController();
      const silence = pause(longestSilenceMs, over.signal).then(() => undefined);
      const next = await Promise.race([chunks.next(), silence]);
      over.abort();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: what is silent may never answer.
    void chunks.return?.().catch(() => undefined);
  }
}

/** Undefined: a connection that broke, as it shows itself. */
function brokenOr(error: unknown): unknown {
  return error instanceof TypeError ? undefined : error;
}

/**
 * What was published, and with `follow` what is to come, each event once. A stream that breaks is gone on with where it
 * was. Ends when all has come, or by interruption.
 */
export async function* readEvents(
  terminal: Pick<Terminal, 'interrupted' | 'err'>,
  server: ServerClient,
  { query, follow, after, patience: given }: EventsWish,
): AsyncIterable<ReceivedEvent> {
  const known = new Known();
  const isOver = (): boolean => terminal.interrupted.aborted;
  let last = after;
  let patience = given;
  while (!isOver()) {
    const headers = last === undefined ? {} : { 'last-event-id': last };
    let failure: unknown;
    try {
      const body = await server.stream('/v1/events', query, headers);
      if (follow) patience ??= new Patience(terminal);
      for await (const { id, name, data } of serverSentEvents(whileHeard(body))) {
        patience?.answered();
        if (name === 'end') return;
        if (id !== '') last = id;
        if (data === '' || name === 'cut-off') continue;
        const event = JSON.parse(data) as ReceivedEvent;
        if (known.isNew(event)) yield event;
      }
    } catch (error) {
      failure = brokenOr(error);
    }
    if (isOver()) return;
    failure ??= new CommandFailed('ServerFailed', `${server.url} ended the stream before all had come`);
    // Who has never answered is not waited for.
    if (patience === undefined) throw failure;
    await patience.after(failure);
  }
}
