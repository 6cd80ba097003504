import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { Log } from '../../adapters/ports/log.js';
import type { WebhookMetrics } from '../../adapters/ports/metrics.js';
import type {
  KeptEvent,
  UndeliveredEvent,
  WebhookDeliveries,
  WebhookEvent,
} from '../../adapters/ports/webhooks.js';
import { backOffMs } from '../back-off.js';
import { Courier, DeliveryStopped, retryBounds, type Handover } from './courier.js';
import { Lanes } from './lanes.js';
import type { Subscriber } from './subscriber.js';
import { WaitingQueue } from './waiting-queue.js';

export interface HandingContext {
  readonly book: WebhookDeliveries;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics?: WebhookMetrics;
}

/** Notes how far was come, and keeps what was not delivered. */
type Advance = (undelivered: readonly UndeliveredEvent[]) => Promise<readonly KeptEvent[]>;

/** Events that wait for one subscriber: when so many do, it is the subscriber that has a problem, and reading waits too. */
const mostWaiting = 1_000;
const lookEveryMs = 500;

/** Hands events over to one subscriber, wherever they were read: those of a node in order, and what it does not take later. */
export class Handing {
  readonly #context: HandingContext;
  readonly #subscriber: Subscriber;
  readonly #over: AbortController;
  readonly #courier: Courier;
  readonly #waiting: WaitingQueue;
  readonly #lanes = new Lanes();
  readonly #retries = new Set<Promise<void>>();
  #trouble: Error | undefined;

  constructor(
    context: HandingContext,
    parts: {
      readonly subscriber: Subscriber;
      readonly endpoint: EventEndpoint;
      /** Ends it; it is aborted from here when the subscriber wants no more, or the journal can't be gone on with. */
      readonly over: AbortController;
      readonly waiting: readonly KeptEvent[];
    },
  ) {
    const { subscriber, endpoint, over, waiting } = parts;
    this.#context = context;
    this.#subscriber = subscriber;
    this.#over = over;
    this.#courier = new Courier({ ...context, subscriber, endpoint, over: over.signal });
    this.#waiting = new WaitingQueue(mostWaiting, waiting);
  }

  /** Why it can't go on, if that was not said to whoever hands over. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** Hands over events that were read together. Rejects when it is over, with DeliveryStopped, or with what `advance` did. */
  async deliver(events: readonly WebhookEvent[], advance: Advance): Promise<void> {
    this.throwIfOver();
    const undelivered: UndeliveredEvent[] = [];
    try {
      const results = await Promise.allSettled(
        events.map((event) => this.#lanes.run(event.node, () => this.#hand(event))),
      );
      for (const result of results)
        if (result.status === 'fulfilled' && result.value !== undefined) undelivered.push(result.value);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      const kept = await this.#kept(advance, undelivered);
      for (const event of kept) if (event.state === 'waiting') this.#waiting.keep(event);
    } catch (error) {
      for (const { node, state } of undelivered) if (state === 'waiting') this.#waiting.cancel(node);
      throw error;
    }
  }

  /** What was kept without a try. */
  addWaiting(kept: readonly KeptEvent[]): void {
    for (const event of kept) {
      this.#waiting.reserve(event.node);
      this.#waiting.keep(event);
    }
  }

  throwIfOver(): void {
    if (this.#over.signal.aborted) throw new DeliveryStopped('told to end');
  }

  async retryUntilOver(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#over;
    while (!signal.aborted) {
      for (const event of this.#waiting.takeDue(clock.now())) {
        const retry = this.#retryNode(event).finally(() => this.#retries.delete(retry));
        this.#retries.add(retry);
      }
      await clock.waitUntil(clock.now() + lookEveryMs, signal);
    }
  }

  /** Resolves when nothing that waited is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#retries);
  }

  /** When it fails nobody knows what is kept: the session ends, and the next one reads it anew. */
  async #kept(advance: Advance, undelivered: readonly UndeliveredEvent[]): Promise<readonly KeptEvent[]> {
    try {
      return await advance(undelivered);
    } catch (error) {
      if (!(error instanceof DeliveryStopped))
        this.#trouble ??= error instanceof Error ? error : new Error(String(error));
      this.#over.abort();
      throw error;
    }
  }

  /** Delivers it, or resolves with what is to be kept. */
  async #hand(event: WebhookEvent): Promise<UndeliveredEvent | undefined> {
    const { clock } = this.#context;
    const firstTriedAt = clock.now();
    const kept = (state: UndeliveredEvent['state'], tries: number, reason: string): UndeliveredEvent => {
      if (state === 'waiting') this.#waiting.reserve(event.node);
      return { ...event, state, firstTriedAt, tries, dueAt: this.#dueAfter(tries), reason };
    };
    for (let tries = 0; ;) {
      if (await this.#isBehindOthers(event.node)) return kept('waiting', 0, 'others of its node wait');
      const handover = await this.#courier.carry(event);
      if (handover.kind === 'delivered') return undefined;
      await this.#heed(handover);
      if (handover.kind !== 'resting') tries += 1;
      const state = this.#stateAfter(handover, firstTriedAt);
      if (state === 'dead' || this.#waiting.hasRoom) return kept(state, tries, handover.reason);
      await clock.waitUntil(this.#dueAfter(tries), this.#over.signal);
    }
  }

  /** Of a node of which something waits nothing may overtake it; where there is no room to wait, this waits here. */
  async #isBehindOthers(node: string): Promise<boolean> {
    const { clock } = this.#context;
    while (this.#waiting.isWaiting(node)) {
      if (this.#waiting.hasRoom) return true;
      await clock.waitUntil(clock.now() + lookEveryMs, this.#over.signal);
      this.throwIfOver();
    }
    return false;
  }

  /** When one that was tried so often is to be tried again, ms. */
  #dueAfter(tries: number): number {
    const { clock, randomness } = this.#context;
    const pauseMs = tries === 0 ? 0 : backOffMs(tries, randomness, retryBounds);
    return Math.max(clock.now() + pauseMs, this.#courier.restsUntil);
  }

  #stateAfter({ kind }: Handover, firstTriedAt: number): UndeliveredEvent['state'] {
    const isOld = this.#context.clock.now() - firstTriedAt >= this.#subscriber.retryForMs;
    return kind === 'never' || (isOld && kind !== 'resting') ? 'dead' : 'waiting';
  }

  /** A subscriber that is gone gets nothing more. Throws DeliveryStopped then. */
  async #heed(handover: Handover): Promise<void> {
    if (handover.kind !== 'gone') return;
    const { book, clock } = this.#context;
    const at = clock.now();
    await book.pause(this.#subscriber.name, {
      subject: 'the subscriber itself',
      reason: handover.reason,
      at,
    });
    this.#over.abort();
    throw new DeliveryStopped('the subscriber is gone');
  }

  /** What waited behind it goes on its heels: who was away for long is to catch up. Never rejects. */
  async #retryNode(first: KeptEvent): Promise<void> {
    let next: KeptEvent | undefined = first;
    while (next !== undefined) next = await this.#retry(next);
  }

  /**
   * Tries one that waits again, and gives the next one of its node when this one waits no more. Never rejects: what could not be
   * noted is tried once more.
   */
  async #retry(event: KeptEvent): Promise<KeptEvent | undefined> {
    const { book, clock, log } = this.#context;
    try {
      const handover = await this.#courier.carry(event);
      if (handover.kind === 'delivered') {
        await book.delivered(event.id);
        return this.#waiting.settle(event, clock.now());
      }
      if (handover.kind === 'resting') {
        this.#waiting.putOff({ ...event, dueAt: this.#courier.restsUntil });
        return undefined;
      }
      await this.#heed(handover);
      const tries = event.tries + 1;
      const state = this.#stateAfter(handover, event.firstTriedAt);
      const next = { state, tries, dueAt: this.#dueAfter(tries), reason: handover.reason };
      await book.failed(event.id, next);
      if (state === 'dead') return this.#waiting.settle(event, clock.now());
      this.#waiting.putOff({ ...event, ...next });
    } catch (error) {
      if (!(error instanceof DeliveryStopped))
        log.warn(
          { subscriber: this.#subscriber.name, error: String(error) },
          'a delivery could not be noted',
        );
      this.#waiting.putOff({ ...event, dueAt: clock.now() + retryBounds.firstMs });
    }
    return undefined;
  }
}
