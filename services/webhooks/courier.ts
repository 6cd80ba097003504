import type { Clock } from '../../adapters/ports/clock.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { WebhookMetrics } from '../../adapters/ports/metrics.js';
import type { WebhookEvent } from '../../adapters/ports/webhooks.js';
import { Turns } from '../turns.js';
import { binaryMode } from './http-binding.js';
import { judgeAnswer, type Verdict } from './judge-answer.js';
import { signatureHeaders } from './sign.js';
import type { Subscriber } from './subscriber.js';

/** Delivery was told to end; what was not delivered is delivered later. */
export class DeliveryStopped extends Error {
  override readonly name = 'DeliveryStopped';
}

/** `never`: no request would do. */
export type Handover =
  Exclude<Verdict, { readonly kind: 'hold' }> | { readonly kind: 'never'; readonly reason: string };

/** Larger bodies are no subscriber's business: whoever needs them reads the topic. */
const mostBodyBytes = 1_048_576;

export interface CourierOptions {
  readonly subscriber: Subscriber;
  readonly endpoint: EventEndpoint;
  readonly clock: Clock;
  readonly metrics?: WebhookMetrics;
  /** Aborts when nothing more is to be sent. */
  readonly over: AbortSignal;
}

/** Carries events to one subscriber: never more requests at once than it is to get, and none while it wants to rest. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #turns: Turns;
  #notBefore = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#turns = new Turns(options.subscriber.concurrency);
  }

  /**
   * Tries once, or again and again while the subscriber asks for a rest, up to `giveUpAt` (ms). Rejects with DeliveryStopped,
   * never else.
   */
  async carry(event: WebhookEvent, giveUpAt: number): Promise<Handover> {
    for (;;) {
      const verdict = await this.#turns.during(() => this.#try(event));
      if (verdict.kind !== 'hold') return verdict;
      const { clock } = this.#options;
      if (clock.now() >= giveUpAt) return { kind: 'failed', result: 'refused', reason: verdict.reason };
    }
  }

  async #try(event: WebhookEvent): Promise<Handover | Verdict> {
    const { subscriber, endpoint, clock, metrics, over } = this.#options;
    while (clock.now() < this.#notBefore && !over.aborted) await clock.waitUntil(this.#notBefore, over);
    if (over.aborted) throw new DeliveryStopped('told to end');
    const { headers, body } = binaryMode(event.json, event.replayId);
    if (body.length > mostBodyBytes) {
      return { kind: 'never', reason: `${body.length} bytes of data are more than ${mostBodyBytes}` };
    }
    const signed = signatureHeaders({ id: event.eventId, body, at: clock.now() }, subscriber.secrets);
    const verdict = judgeAnswer(await endpoint.post({ ...headers, ...signed }, body), clock.now());
    metrics?.webhookAttempted(subscriber.name, verdict.kind === 'failed' ? verdict.result : verdict.kind);
    if (verdict.kind === 'hold') this.#notBefore = Math.max(this.#notBefore, clock.now() + verdict.forMs);
    return verdict;
  }
}
