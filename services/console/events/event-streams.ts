import type { StreamMetrics } from '../../../adapters/ports/metrics.js';
import { ConsoleRefusal } from '../forms/problem.js';
import { EventStream, type StreamEnd, type StreamRequest } from './event-stream.js';
import type { JournalOfEvents } from '../../journal-events.js';
import { EventTail, type EventSource } from './event-tail.js';
import {
  SubscriberConnection,
  type ConnectionOptions,
  type CuttableSink,
  type EventSink,
} from './subscriber-connection.js';
import { Turns } from '../../turns.js';

export interface EventStreamsOptions extends EventSource, ConnectionOptions {
  /** What the log has forgotten is made again from it. */
  readonly journal: JournalOfEvents;
  readonly metrics?: StreamMetrics;
  readonly heartbeatMs: number;
  /** More are refused. */
  readonly maximumStreams: number;
}

/** Each reads a part of the log for itself alone, which costs brokers and us much more than what all read together. */
const catchUpsAtOnce = 8;
/** Each may read all that was ever decided. */
const journalReadersAtOnce = 2;

/** All subscribers by HTTP of this process. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #turns = new Turns(catchUpsAtOnce);
  readonly #journalTurns = new Turns(journalReadersAtOnce);
  readonly #streams = new Map<EventStream, CuttableSink>();
  #tail: Promise<EventTail> | undefined;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
    options.metrics?.eventStreams(() => ({
      streams: this.#streams.size,
      lagMs: Math.max(0, ...[...this.#streams.keys()].map((stream) => stream.lagMs(options.clock.now()))),
    }));
  }

  /** @throws ConsoleRefusal Unavailable */
  refuseIfFull(): void {
    if (this.#streams.size < this.#options.maximumStreams) return;
    throw new ConsoleRefusal(
      'Unavailable',
      `${this.#streams.size} streams are open here`,
      'come again later, or to another copy of the console',
    );
  }

  /**
   * Serves one subscriber to its end.
   * @param before gives it what is to come first
   */
  async serve(
    request: StreamRequest,
    sink: CuttableSink,
    before?: (sink: EventSink) => Promise<void>,
  ): Promise<StreamEnd> {
    const { metrics } = this.#options;
    const context = {
      ...this.#options,
      tail: () => this.#startTail(),
      turns: this.#turns,
      journalTurns: this.#journalTurns,
      sent: (events: number) => metrics?.eventsStreamed(events),
    };
    const connection = new SubscriberConnection(sink, this.#options);
    const stream = new EventStream(context, request, connection);
    const over = new AbortController();
    void this.#cutIfStuck(stream, sink, over.signal);
    this.#streams.set(stream, sink);
    try {
      if (before !== undefined) await connection.inTouch(this.#options.heartbeatMs, () => before(connection));
      const end = await stream.run();
      if (end === 'cutOff' || stream.isLost || connection.hasStalled) metrics?.streamCutOff();
      return end;
    } finally {
      over.abort();
      this.#streams.delete(stream);
    }
  }

  async stop(): Promise<void> {
    this.#cutAll();
    await (await this.#tail?.catch(() => undefined))?.stop();
  }

  #cutAll(): void {
    for (const sink of this.#streams.values()) sink.cut();
  }

  /** Of a connection that takes nothing at all nobody would ever hear again. */
  async #cutIfStuck(stream: EventStream, sink: CuttableSink, over: AbortSignal): Promise<void> {
    const { clock, heartbeatMs } = this.#options;
    for (;;) {
      await clock.waitUntil(clock.now() + heartbeatMs, over);
      if (over.aborted) return;
      if (stream.isLost) sink.cut();
    }
  }

  #startTail(): Promise<EventTail> {
    this.#tail ??= EventTail.start(this.#options).then(
      (tail) => {
        // Whoever waited for it comes again, and the next one starts another.
        void tail.ended.then(() => {
          this.#tail = undefined;
          this.#cutAll();
        });
        return tail;
      },
      (error: unknown) => {
        this.#tail = undefined;
        throw error;
      },
    );
    return this.#tail;
  }
}
