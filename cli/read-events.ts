import { CommandFailed } from './errors.js';
import { pause } from './pause.js';
import type { Query, ServerClient } from './server-client.js';
import { serverSentEvents } from '../packages/protocols/server-sent-events.js';
import type { Terminal } from './terminal.js';

/** A CloudEvent as the server gives it. */
export interface ReceivedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data?: object;
}

const comeAgainAfterMs = 1_000;
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
}

/**
 * What was published, and with `follow` what is to come, each event once. A stream that breaks is gone on with where it
 * was. Ends when all has come, or by interruption.
 */
export async function* readEvents(
  { interrupted, err }: Pick<Terminal, 'interrupted' | 'err'>,
  server: ServerClient,
  { query, follow, after }: EventsWish,
): AsyncIterable<ReceivedEvent> {
  const known = new Known();
  let last = after;
  const isOver = (): boolean => interrupted.aborted;
  while (!isOver()) {
    const headers = last === undefined ? {} : { 'last-event-id': last };
    const body = await server.stream('/v1/events', query, headers);
    try {
      for await (const { id, name, data } of serverSentEvents(body)) {
        if (name === 'end') return;
        if (id !== '') last = id;
        if (data === '' || name === 'cut-off') continue;
        const event = JSON.parse(data) as ReceivedEvent;
        if (known.isNew(event)) yield event;
      }
    } catch (error) {
      // How a connection that broke shows itself.
      if (!(error instanceof TypeError) && !isOver()) throw error;
    }
    if (isOver()) return;
    if (!follow)
      throw new CommandFailed('ServerFailed', `${server.url} ended the stream before all had come`);
    err('the stream was ended; it is gone on with\n');
    await pause(comeAgainAfterMs, interrupted);
  }
}
