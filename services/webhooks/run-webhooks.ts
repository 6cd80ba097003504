import { setMaxListeners } from 'node:events';

import type { EventLog } from '../../adapters/ports/event-log.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { WebhookState } from '../../adapters/ports/webhooks.js';
import { LogUnavailable } from '../../adapters/ports/event-log.js';
import { firstOf, pause, superviseLoop, type Supervision } from '../supervision.js';
import { Backlog } from './backlog.js';
import { beginReplay } from './begin-replay.js';
import { Session, type SessionContext } from './session.js';
import type { Subscriber } from './subscriber.js';

export interface WebhooksOptions extends Supervision, Omit<SessionContext, 'eventLog'> {
  readonly eventLog: Pick<EventLog, 'bounds' | 'follow' | 'identify' | 'offsetsSince'>;
  readonly subscribers: readonly { readonly subscriber: Subscriber; readonly endpoint: EventEndpoint }[];
  /** How soon a subscriber whose deliverer died is taken over, ms. */
  readonly takeOverMs: number;
  /** How soon an order is heeded, ms. */
  readonly lookEveryMs: number;
}

/** How often it is looked where the log ends, ms. */
const lookAtLogEveryMs = 10_000;

/** A subscriber as this process serves it. */
class Served {
  readonly #options: WebhooksOptions;
  readonly #subscriber: Subscriber;
  readonly #endpoint: EventEndpoint;
  #state: WebhookState | undefined;
  #backlog: Backlog;

  constructor(options: WebhooksOptions, subscriber: Subscriber, endpoint: EventEndpoint) {
    this.#options = options;
    this.#subscriber = subscriber;
    this.#endpoint = endpoint;
    this.#backlog = new Backlog(options.eventLog);
  }

  /** Undefined: another copy serves it. */
  figure(now: number) {
    const state = this.#state;
    if (state === undefined) return undefined;
    const { name, waiting, dead, paused, waitingSince = now } = state;
    const oldestAt = Math.min(now, waitingSince, this.#backlog.oldestAt ?? now);
    return { name, waiting, dead, isPaused: paused !== undefined, lagMs: now - oldestAt };
  }

  async run(): Promise<void> {
    const { name } = this.#subscriber;
    const { book } = this.#options;
    await superviseLoop(`webhook ${name}`, this.#options, async (getsAlong) => {
      if (!(await book.acquire(name))) {
        getsAlong();
        await pause(this.#options, this.#options.takeOverMs);
        return;
      }
      try {
        await this.#serve(getsAlong);
      } finally {
        this.#state = undefined;
        await book.release(name);
      }
    });
  }

  /** Until the lock is lost, or the end. */
  async #serve(getsAlong: () => void): Promise<void> {
    const { book, log, signal } = this.#options;
    const { name, filter } = this.#subscriber;
    // Another copy may have served it meanwhile.
    this.#backlog = new Backlog(this.#options.eventLog);
    while (!signal.aborted && book.holds(name)) {
      const state = await book.state(name);
      if (state === undefined) throw new TypeError(`subscriber ${name} is not enrolled`);
      this.#state = state;
      if (state.replay !== undefined) {
        const { partitions, inJournal } = await beginReplay(this.#options, this.#subscriber, state.replay);
        const told = {
          subscriber: name,
          replay: state.replay.id,
          partitions,
          journal: inJournal !== undefined,
        };
        log.info(told, 'events are delivered again');
      }
      const inJournal = await book.journalReplay(name);
      // Nobody knows how old the beginning of the journal is.
      if (inJournal !== undefined && inJournal.since > 0) this.#backlog.madeAgain(inJournal.since);
      // Of topics that it asked for once a cursor stands for ever.
      for (const cursor of await book.cursors(name))
        if (filter.topics.includes(cursor.topic)) this.#backlog.advanced(cursor, cursor.nextOffset);
      await this.#untilOver((over) => this.#work(state, over));
      getsAlong();
    }
  }

  /** Gives what is aborted at the end, and when the work itself says so. */
  async #untilOver(work: (over: AbortController) => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    const over = new AbortController();
    // As many wait for it as events are in hand.
    setMaxListeners(0, over.signal);
    const end = (): void => {
      over.abort();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      await work(over);
    } finally {
      end();
      signal.removeEventListener('abort', end);
    }
  }

  async #work(state: WebhookState, over: AbortController): Promise<void> {
    const work = [this.#untilNewOrders(state, over), this.#watchLog(over)];
    if (state.paused === undefined) work.push(this.#deliver(over));
    // All have ended before the lock is let go.
    const ends = await Promise.allSettled(work);
    for (const ended of ends) if (ended.status === 'rejected') throw ended.reason;
  }

  async #deliver(over: AbortController): Promise<void> {
    const addressee = { subscriber: this.#subscriber, endpoint: this.#endpoint, backlog: this.#backlog };
    try {
      const session = await Session.open(this.#options, addressee, over);
      await session.run();
    } finally {
      over.abort();
    }
  }

  /** What it has not read can grow old too: while it is paused, or nothing can be read. */
  async #watchLog(over: AbortController): Promise<void> {
    const { clock } = this.#options;
    try {
      while (!over.signal.aborted) {
        const nextAt = clock.now() + lookAtLogEveryMs;
        const untilNext = (signal: AbortSignal): Promise<void> => clock.waitUntil(nextAt, signal);
        // A log that does not answer keeps nobody from ending.
        await firstOf([() => this.#lookAtLog(), untilNext], over.signal);
        await untilNext(over.signal);
      }
    } finally {
      over.abort();
    }
  }

  async #lookAtLog(): Promise<void> {
    try {
      await this.#backlog.look(this.#options.clock.now());
    } catch (error) {
      // Who reads it says so.
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }

  /** Looks again and again; aborts `over` when something was ordered, or another copy may have taken over. */
  async #untilNewOrders(state: WebhookState, over: AbortController): Promise<void> {
    const { book, clock, workload, lookEveryMs } = this.#options;
    const { name } = this.#subscriber;
    try {
      while (!over.signal.aborted) {
        await workload.whileIdle(() => clock.waitUntil(clock.now() + lookEveryMs, over.signal));
        const now = await book.state(name);
        if (!book.holds(name) || now?.orders !== state.orders) return;
        this.#state = now;
      }
    } finally {
      over.abort();
    }
  }
}

/**
 * Delivers what is published to all subscribers by webhook until the signal aborts: each from its own cursors, by one copy at
 * a time, and none waits for another. At least once, in order per node; `webhook-id` is the `ce_id`.
 */
export async function runWebhooks(options: WebhooksOptions): Promise<void> {
  const { subscribers, clock, metrics, signal, workload } = options;
  const served = subscribers.map(({ subscriber, endpoint }) => new Served(options, subscriber, endpoint));
  metrics?.webhookSubscribers(() =>
    served.map((one) => one.figure(clock.now())).filter((figure) => figure !== undefined),
  );
  await superviseLoop('webhooks', options, async () => {
    await options.book.enrol(subscribers.map(({ subscriber }) => subscriber.name));
    const told = new Promise<void>((resolve) => {
      // The end may have come meanwhile.
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    // Each counts its own work.
    await workload.whileIdle(() => Promise.all([told, ...served.map((one) => one.run())]));
  });
}
