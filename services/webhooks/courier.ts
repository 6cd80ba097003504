import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { WebhookMetrics } from '../../adapters/ports/metrics.js';
import type { WebhookEvent } from '../../adapters/ports/webhooks.js';
import { backOffMs, type BackOffBounds } from '../back-off.js';
import { Turns } from '../turns.js';
import { binaryMode } from './http-binding.js';
import { judgeAnswer, type Verdict } from './judge-answer.js';
import { signatureHeaders } from './sign.js';
import type { Subscriber } from './subscriber.js';

/** Delivery was told to end; what was not delivered is delivered later. */
export class DeliveryStopped extends Error {
  override readonly name = 'DeliveryStopped';
}

/** `never`: no request would do. `resting`: none was made, since the subscriber asked for a long rest. */
export type Handover = Verdict | { readonly kind: 'never' | 'resting'; readonly reason: string };

/** Between two tries of one event, and how long a subscriber that asks for a rest is left alone at least. */
export const retryBounds: BackOffBounds = { firstMs: 1_000, longestMs: 60_000 };

/** Events in hand wait so long for the end of a rest; through a longer one nobody would see that they wait. */
const shortRestMs = 5_000;
/** Larger bodies are no subscriber's business: whoever needs them reads the topic. */
const mostBodyBytes = 1_048_576;

export interface CourierOptions {
  readonly subscriber: Subscriber;
  readonly endpoint: EventEndpoint;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly metrics?: WebhookMetrics;
  /** Aborts when nothing more is to be sent. */
  readonly over: AbortSignal;
}

/** Carries events to one subscriber: never more requests at once than it is to get, and none while it wants to rest. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #turns: Turns;
  #restsUntil = 0;
  #whyItRests = '';
  /** Requests in a row, those at the same time being one, that were answered by asking for a rest. */
  #holds = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#turns = new Turns(options.subscriber.concurrency);
  }

  /** ms; nothing is sent before. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** Tries at most once, when it is its turn and the subscriber has had its rest. Rejects with DeliveryStopped, never else. */
  carry(event: WebhookEvent): Promise<Handover> {
    return this.#turns.during(() => this.#try(event));
  }

  async #try(event: WebhookEvent): Promise<Handover> {
    const { subscriber, endpoint, clock, metrics, over } = this.#options;
    while (clock.now() < this.#restsUntil && !over.aborted) {
      if (this.#restsUntil - clock.now() > shortRestMs) return { kind: 'resting', reason: this.#whyItRests };
      await clock.waitUntil(this.#restsUntil, over);
    }
    if (over.aborted) throw new DeliveryStopped('told to end');
    const { headers, body } = binaryMode(event.json, event.replayId);
    if (body.length > mostBodyBytes) {
      return { kind: 'never', reason: `${body.length} bytes of data are more than ${mostBodyBytes}` };
    }
    const signed = signatureHeaders({ id: event.eventId, body, at: clock.now() }, subscriber.secrets);
    const holdsBefore = this.#holds;
    const verdict = judgeAnswer(await endpoint.post({ ...headers, ...signed }, body), clock.now());
    metrics?.webhookAttempted(subscriber.name, verdict.kind === 'failed' ? verdict.result : verdict.kind);
    if (verdict.kind === 'hold') this.#rest(verdict, holdsBefore + 1);
    if (verdict.kind === 'delivered') this.#holds = 0;
    return verdict;
  }

  /** One that asks for no time, or for one that is past by our clock, wants a rest all the same. */
  #rest({ forMs, reason }: Extract<Verdict, { readonly kind: 'hold' }>, holds: number): void {
    const { clock, randomness } = this.#options;
    this.#holds = Math.max(this.#holds, holds);
    this.#whyItRests = `it asked for a rest: ${reason}`;
    const restMs = Math.max(forMs, backOffMs(this.#holds, randomness, retryBounds));
    this.#restsUntil = Math.max(this.#restsUntil, clock.now() + restMs);
  }
}
