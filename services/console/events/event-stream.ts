import { placeName } from '../../../adapters/ports/event-log.js';
import { catchUp, type Target } from './catch-up.js';
import { fits, type EventFilter } from '../../event-filter.js';
import { clockSkewMs, type EventSource, type EventTail } from './event-tail.js';
import type { PublishedEvent } from '../../published-event.js';
import type { Turns } from '../../turns.js';
import { resumeText } from './resume-point.js';

/** What one subscriber asks for. */
export interface StreamRequest {
  readonly filter: EventFilter;
  /** The present state of all nodes comes first. */
  readonly snapshot?: true;
  /** ms, the log's clock. Undefined: from now on. */
  readonly since?: number;
  /** ms, the log's clock, not ahead: the stream ends with what was appended before. Undefined: it does not end. */
  readonly until?: number;
}

/** The way to one subscriber. */
export interface EventSink {
  /** Resolves when there is room for more, or the signal aborts. */
  write(text: string): Promise<void>;
  /** Aborts when the subscriber is gone. */
  readonly signal: AbortSignal;
}

/** How one stream ended. `cutOff`: too slow; what it is to go on with later has been written to it. */
export type StreamEnd = 'over' | 'gone' | 'cutOff';

export interface StreamContext extends EventSource {
  readonly tail: () => Promise<EventTail>;
  /** Who reads the log for itself waits for one. */
  readonly turns: Turns;
  /** A subscriber hears at least this often, be it only from where to go on. */
  readonly heartbeatMs: number;
  readonly sent: (events: number) => void;
}

/** At most so many characters are given to a connection at once: that is all that waits for a slow one. */
const writeCharacters = 65_536;

export class EventStream {
  readonly #context: StreamContext;
  readonly #request: StreamRequest;
  readonly #sink: EventSink;
  #tail: EventTail | undefined;
  #cursor = 0;
  #skipBelow: ReadonlyMap<string, bigint> = new Map();
  #skipBefore = 0;
  #lastId = '';

  constructor(context: StreamContext, request: StreamRequest, sink: EventSink) {
    this.#context = context;
    this.#request = request;
    this.#sink = sink;
  }

  /** How old the oldest event is that waits for this subscriber, ms; 0: none. */
  lagMs(now: number): number {
    if (this.#tail === undefined) return 0;
    const { ring } = this.#tail;
    const waiting = ring.at(Math.max(this.#cursor, ring.first));
    return waiting === undefined ? 0 : Math.max(0, now - waiting.event.appendedAt);
  }

  /** It will never get what it has not got yet: that is gone from memory. */
  get isLost(): boolean {
    return this.#tail !== undefined && this.#cursor < this.#tail.ring.first;
  }

  async run(): Promise<StreamEnd> {
    const { until } = this.#request;
    if (until !== undefined) {
      if (!(await this.#readUntil(until))) return 'gone';
      // So that an end can be told from a connection that broke.
      await this.#sink.write('event: end\ndata: {}\n\n');
      return 'over';
    }
    const tail = await this.#context.tail();
    if (!(await this.#begin(tail))) return 'gone';
    this.#tail = tail;
    return this.#goOn(tail);
  }

  async #offsetsSince(since: number): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
    const { topics } = this.#request.filter;
    const { eventLog } = this.#context;
    return new Map(
      await Promise.all(
        topics.map(async (topic) => [topic, await eventLog.offsetsSince(topic, since)] as const),
      ),
    );
  }

  #catchUp<Wanted extends Target>(
    from: ReadonlyMap<string, ReadonlyMap<number, bigint>>,
    since: number,
    target: () => Wanted,
  ) {
    const { filter, until } = this.#request;
    const stretch = {
      filter,
      from,
      since,
      target,
      ...(until === undefined ? {} : { until }),
      deliver: (text: string, events: number) => this.#write(text, events),
      signal: this.#sink.signal,
    };
    return this.#context.turns.during(() => catchUp(this.#context, stretch));
  }

  async #readUntil(until: number): Promise<boolean> {
    const { since = 0 } = this.#request;
    const from = await this.#offsetsSince(since);
    const offsets = new Map(
      [...(await this.#offsetsSince(until))].flatMap(([topic, partitions]) =>
        [...partitions].map(([partition, offset]) => [placeName({ topic, partition }), offset] as const),
      ),
    );
    return (await this.#catchUp(from, since, () => ({ offsets, isGood: () => true }))) !== undefined;
  }

  /** Finds its place in the ring; what lies before it is read from the log. False: it is gone. */
  async #begin(tail: EventTail): Promise<boolean> {
    const { since } = this.#request;
    this.#cursor = tail.ring.end;
    if (since === undefined) return true;
    if (since >= tail.ring.heldSince) {
      this.#cursor = tail.ring.first;
      this.#skipBefore = since;
      return true;
    }
    const from = await this.#offsetsSince(since);
    const caughtUp = await this.#catchUp(from, since, () => {
      const { number, offsets } = tail.position();
      return { number, offsets, isGood: () => number >= tail.ring.first };
    });
    if (caughtUp === undefined) return false;
    this.#cursor = caughtUp.target.number;
    this.#skipBelow = caughtUp.positions;
    return true;
  }

  async #goOn(tail: EventTail): Promise<StreamEnd> {
    const { signal } = this.#sink;
    await this.#heartbeat(tail);
    while (!signal.aborted) {
      if (this.isLost) {
        const data = { reason: 'too slow: what comes next is no longer in memory', resume: this.#lastId };
        await this.#sink.write(`event: cut-off\ndata: ${JSON.stringify(data)}\n\n`);
        return 'cutOff';
      }
      const before = this.#cursor;
      const { text, events } = this.#next(tail);
      if (events > 0) await this.#write(text, events);
      else if (this.#cursor === before) await this.#await(tail);
    }
    return 'gone';
  }

  /** Moves the cursor over what does not fit, up to as much as is written at once. */
  #next({ ring }: EventTail): { readonly text: string; readonly events: number } {
    let text = '';
    let events = 0;
    for (; text.length < writeCharacters; this.#cursor += 1) {
      const entry = ring.at(this.#cursor);
      if (entry === undefined) break;
      if (!this.#wants(entry.event)) continue;
      text += entry.text;
      events += 1;
      this.#lastId = entry.text.slice('id: '.length, entry.text.indexOf('\n'));
    }
    return { text, events };
  }

  #wants(event: PublishedEvent): boolean {
    return fits(this.#request.filter, event) && this.#isNew(event);
  }

  #isNew(event: PublishedEvent): boolean {
    return (
      event.appendedAt >= this.#skipBefore && event.offset >= (this.#skipBelow.get(placeName(event)) ?? 0n)
    );
  }

  /** Until the next event, or until it is time to be heard of. */
  async #await(tail: EventTail): Promise<void> {
    const { clock, heartbeatMs } = this.#context;
    const over = new AbortController();
    const wake = (): void => {
      over.abort();
    };
    const forget = tail.ring.whenNext((entries) => {
      if (!entries.some(({ event }) => this.#wants(event))) {
        this.#cursor += entries.length;
        return false;
      }
      wake();
      return true;
    });
    this.#sink.signal.addEventListener('abort', wake, { once: true });
    const until = clock.now() + heartbeatMs;
    await clock.waitUntil(until, over.signal);
    forget();
    this.#sink.signal.removeEventListener('abort', wake);
    if (!over.signal.aborted) await this.#heartbeat(tail);
  }

  /** No event: it only moves what the subscriber goes on from when it comes again. */
  async #heartbeat(tail: EventTail): Promise<void> {
    // What is in the ring behind the cursor it has got, or did not want.
    if (this.#cursor < tail.ring.end) return;
    this.#lastId = resumeText('', tail.safeSince);
    // Without a line for data, not every reader takes the id.
    await this.#sink.write(`id: ${this.#lastId}\ndata:\n\n`);
  }

  async #write(text: string, events: number): Promise<void> {
    await this.#sink.write(text);
    this.#context.sent(events);
  }
}

/** What was appended at this time or later is not sure to have been got by who has got all before `safeSince`. */
export function sinceOf(safeSince: number): number {
  return Math.max(0, safeSince - clockSkewMs);
}
