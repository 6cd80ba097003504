import type {
  KeptEvent,
  WebhookCursor,
  WebhookDecision,
  WebhookJournalReplay,
  WebhookReplay,
  WebhookState,
} from '../../ports/webhooks.js';

export interface StoredSubscriber {
  orders: number;
  paused: WebhookDecision | undefined;
  replay: WebhookReplay | undefined;
  journalReplay: WebhookJournalReplay | undefined;
  /** Which handle delivers. */
  holder: symbol | undefined;
  /** By topic and partition. */
  readonly cursors: Map<string, WebhookCursor>;
  /** By id, in the order in which they were kept. */
  readonly events: Map<string, KeptEvent>;
}

/** Subscribers by webhook, shared by the handles of one store. */
export class MemoryWebhooks {
  readonly subscribers = new Map<string, StoredSubscriber>();
  #lastId = 0;

  enrol(name: string): void {
    if (this.subscribers.has(name)) return;
    const nothing = { paused: undefined, replay: undefined, journalReplay: undefined, holder: undefined };
    this.subscribers.set(name, { ...nothing, orders: 0, cursors: new Map(), events: new Map() });
  }

  subscriber(name: string): StoredSubscriber {
    const found = this.subscribers.get(name);
    if (found === undefined) throw new TypeError(`subscriber ${name} is not enrolled`);
    return found;
  }

  state(name: string): WebhookState | undefined {
    const found = this.subscribers.get(name);
    if (found === undefined) return undefined;
    const { orders, paused, replay } = found;
    const events = [...found.events.values()];
    const waiting = events.filter((event) => event.state === 'waiting').map(({ appendedAt }) => appendedAt);
    return {
      name,
      orders,
      ...(paused === undefined ? {} : { paused }),
      ...(replay === undefined ? {} : { replay }),
      waiting: waiting.length,
      dead: events.filter((event) => event.state === 'dead').length,
      ...(waiting.length === 0 ? {} : { waitingSince: Math.min(...waiting) }),
    };
  }

  pause(name: string, decision: WebhookDecision): void {
    const found = this.subscribers.get(name);
    if (found === undefined || found.paused !== undefined) return;
    found.paused = decision;
    found.orders += 1;
  }

  nextId(): string {
    this.#lastId += 1;
    return String(this.#lastId);
  }
}
