import { placeName } from '../../../adapters/ports/event-log.js';
import { catchUp, type Target, type TopicStart } from './catch-up.js';
import { fits } from '../../event-filter.js';
import { clockSkewMs } from '../../append-time.js';
import type { EventSource, EventTail } from './event-tail.js';
import type { EventRing, RingEntry } from './event-ring.js';
import { tellForgotten, type ForgottenContext, type LogStart, type WantedPast } from './forgotten-events.js';
import type { LogPlace } from '../../log-place.js';
import type { Turns } from '../../turns.js';
import { resumeText } from './resume-point.js';
import type { SubscriberConnection } from './subscriber-connection.js';

/** What one subscriber asks for. */
export interface StreamRequest extends Pick<WantedPast, 'filter' | 'journal'> {
  /** The present state of all nodes comes first. */
  readonly snapshot?: true;
  /** ms, the log's clock. Undefined: from now on. */
  readonly since?: number;
  /** ms: of what is read in the journal, everything decided since. Undefined: since `since`. */
  readonly decidedSince?: number;
  /** Where somebody begins in one partition, which `since` is the time of: of that one nothing before it. */
  readonly place?: LogPlace;
  /** ms, the log's clock, not ahead: the stream ends with what was appended before. Undefined: it does not end. */
  readonly until?: number;
}

/** How one stream ended. `cutOff`: too slow; what it is to go on with later has been written to it. */
export type StreamEnd = 'over' | 'gone' | 'cutOff';

export interface StreamContext extends EventSource, ForgottenContext {
  readonly eventLog: EventSource['eventLog'];
  readonly tail: () => Promise<EventTail>;
  /** Who reads the log for itself waits for one. */
  readonly turns: Turns;
  /** A subscriber hears at least this often, be it only from where to go on. */
  readonly heartbeatMs: number;
  readonly sent: (events: number) => void;
}

/** At most so many bytes are given to a connection at once: that is all that waits for a slow one. */
const writeBytes = 65_536;

export class EventStream {
  readonly #context: StreamContext;
  readonly #request: StreamRequest;
  readonly #sink: SubscriberConnection;
  #tail: EventTail | undefined;
  /** Number of the next event in the ring; while it watches, this may be later. */
  #cursor = 0;
  #isWatching = false;
  #skipBelow: ReadonlyMap<string, bigint> = new Map();
  #skipBefore = 0;
  #lastId = '';

  constructor(context: StreamContext, request: StreamRequest, sink: SubscriberConnection) {
    this.#context = context;
    this.#request = request;
    this.#sink = sink;
  }

  /** How old the oldest event is that waits for this subscriber, ms; 0: none. */
  lagMs(now: number): number {
    if (this.#tail === undefined) return 0;
    const { ring } = this.#tail;
    const { nodes } = this.#request.filter;
    let number = ring.next(this.#placeIn(ring), nodes);
    for (; number !== undefined; number = ring.next(number + 1, nodes)) {
      const entry = ring.at(number);
      if (entry !== undefined && this.#wants(entry)) return Math.max(0, now - entry.appendedAt);
    }
    return 0;
  }

  /** It will never get what it has not got yet: that is gone from memory. */
  get isLost(): boolean {
    return this.#tail !== undefined && this.#placeIn(this.#tail.ring) < this.#tail.ring.first;
  }

  /** Who watches has been told of all that is for it. */
  #placeIn(ring: EventRing): number {
    return this.#isWatching ? Math.max(this.#cursor, ring.told) : this.#cursor;
  }

  async run(): Promise<StreamEnd> {
    const { until } = this.#request;
    if (until !== undefined) {
      if (!(await this.#inTouch(() => this.#readUntil(until)))) return 'gone';
      // So that an end can be told from a connection that broke.
      await this.#sink.write('event: end\ndata: {}\n\n');
      return 'over';
    }
    const tail = await this.#context.tail();
    if (!(await this.#inTouch(() => this.#begin(tail)))) return 'gone';
    this.#tail = tail;
    return this.#goOn(tail);
  }

  /** While the past is read, what is wanted may lie far apart, and others may be before it: it hears of us all the same. */
  #inTouch<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#sink.inTouch(this.#context.heartbeatMs, work);
  }

  async #startOf(start: LogStart): Promise<ReadonlyMap<string, TopicStart>> {
    const { filter, place, since: wanted } = this.#request;
    const { eventLog } = this.#context;
    const starts = filter.topics.map(async (topic) => {
      const since = start(topic);
      const offsets = new Map(await eventLog.offsetsSince(topic, since));
      if (place?.topic === topic && since === wanted) offsets.set(place.partition, place.offset);
      return [topic, { since, offsets }] as const;
    });
    return new Map(await Promise.all(starts));
  }

  #catchUp<Wanted extends Target>(from: ReadonlyMap<string, TopicStart>, target: () => Wanted) {
    const { filter, until } = this.#request;
    const stretch = {
      filter,
      from,
      target,
      ...(until === undefined ? {} : { until }),
      deliver: async (text: string, events: number) => this.#write(text, events),
      signal: this.#sink.signal,
    };
    return this.#context.turns.during(() => catchUp(this.#context, stretch));
  }

  /** Undefined: it is gone. */
  #tellForgotten(since: number): Promise<LogStart | undefined> {
    const { decidedSince = since, ...request } = this.#request;
    const deliver = async (text: string, events: number) => this.#write(text, events);
    const listener = { deliver, signal: this.#sink.signal };
    return tellForgotten(this.#context, { ...request, since, decidedSince }, listener);
  }

  async #readUntil(until: number): Promise<boolean> {
    const { since = 0 } = this.#request;
    const start = await this.#tellForgotten(since);
    if (start === undefined) return false;
    const from = await this.#startOf(start);
    const offsets = new Map(
      [...(await this.#startOf(() => until))].flatMap(([topic, end]) =>
        [...end.offsets].map(([partition, offset]) => [placeName({ topic, partition }), offset] as const),
      ),
    );
    const target = { offsets, safeSince: until, isGood: () => true };
    return (await this.#catchUp(from, () => target)) !== undefined;
  }

  /** Finds its place in the ring; what lies before it is read from the log. False: it is gone. */
  async #begin(tail: EventTail): Promise<boolean> {
    const { since, place } = this.#request;
    this.#cursor = tail.ring.end;
    if (since === undefined) return true;
    if (since >= tail.ring.heldSince) {
      this.#cursor = tail.ring.first;
      this.#skipBefore = since;
      if (place !== undefined) this.#skipBelow = new Map([[placeName(place), place.offset]]);
      return true;
    }
    const start = await this.#tellForgotten(since);
    if (start === undefined) return false;
    const caughtUp = await this.#catchUp(await this.#startOf(start), () => {
      const position = tail.position();
      return { ...position, isGood: () => position.number >= tail.ring.first };
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
      await this.#keepUp(tail);
    }
    return 'gone';
  }

  /** Gives what has come. Undefined: all of it; else there is no room for more until it resolves. */
  #give(ring: EventRing): Promise<void> | undefined {
    for (;;) {
      const { bytes, events } = this.#next(ring);
      if (events === 0) return undefined;
      const room = this.#write(bytes, events);
      if (room !== undefined) return room;
    }
  }

  /** Moves the cursor over what is not wanted, up to as much as is written at once. */
  #next(ring: EventRing): { readonly bytes: Buffer; readonly events: number } {
    const wanted: Buffer[] = [];
    let length = 0;
    while (length < writeBytes) {
      const number = ring.next(this.#cursor, this.#request.filter.nodes) ?? ring.end;
      const entry = ring.at(number);
      this.#cursor = entry === undefined ? number : number + 1;
      if (entry === undefined) break;
      if (!this.#wants(entry)) continue;
      wanted.push(entry.bytes);
      length += entry.bytes.length;
      this.#lastId = entry.resume;
    }
    const [only] = wanted;
    // Most often it is one, whose bytes are then the same for all.
    const bytes = wanted.length === 1 && only !== undefined ? only : Buffer.concat(wanted, length);
    return { bytes, events: wanted.length };
  }

  #wants(entry: RingEntry): boolean {
    return fits(this.#request.filter, entry) && this.#isNew(entry);
  }

  #isNew(entry: RingEntry): boolean {
    return (
      entry.appendedAt >= this.#skipBefore && entry.offset >= (this.#skipBelow.get(placeName(entry)) ?? 0n)
    );
  }

  /** Gives each event when it comes, and is heard of when none does; until there is no room, or what comes next is gone. */
  async #keepUp(tail: EventTail): Promise<void> {
    const { clock, heartbeatMs } = this.#context;
    const { ring } = tail;
    const over = new AbortController();
    const stop = (): void => {
      over.abort();
    };
    const until: { room?: Promise<void> | undefined } = {};
    const look = (from: number): void => {
      this.#cursor = Math.max(this.#cursor, from);
      this.#isWatching = false;
      until.room = this.#give(ring) ?? this.#heartbeatIfDue(tail);
      if (until.room !== undefined || this.isLost) stop();
      else this.#isWatching = true;
    };
    const forget = ring.watch(look, this.#request.filter.nodes);
    this.#sink.signal.addEventListener('abort', stop, { once: true });
    look(this.#cursor);
    for (;;) {
      await clock.waitUntil(this.#sink.heardAt + heartbeatMs, over.signal);
      if (over.signal.aborted) break;
      look(ring.told);
    }
    forget();
    this.#sink.signal.removeEventListener('abort', stop);
    await until.room;
  }

  #heartbeatIfDue(tail: EventTail): Promise<void> | undefined {
    const { clock, heartbeatMs } = this.#context;
    return clock.now() < this.#sink.heardAt + heartbeatMs ? undefined : this.#heartbeat(tail);
  }

  /** No event: it only moves what the subscriber goes on from when it comes again. */
  #heartbeat(tail: EventTail): Promise<void> | undefined {
    // What is in the ring behind the cursor it has got, or did not want.
    if (this.#cursor < tail.ring.end) return undefined;
    this.#lastId = resumeText('', tail.safeSince);
    // Without a line for data, not every reader takes the id.
    return this.#write(`id: ${this.#lastId}\ndata:\n\n`, 0);
  }

  #write(bytes: string | Buffer, events: number): Promise<void> | undefined {
    const room = this.#sink.write(bytes);
    this.#context.sent(events);
    return room;
  }
}

/** What was appended at this time or later is not sure to have been got by who has got all before `safeSince`. */
export function sinceOf(safeSince: number): number {
  return Math.max(0, safeSince - clockSkewMs);
}
