import type {
  KeptEvent,
  WebhookDecision,
  WebhookDesk,
  WebhookReplay,
  WebhookState,
} from '../../ports/webhooks.js';
import type { MemoryWebhooks } from './webhooks.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryWebhookDesk implements WebhookDesk {
  readonly #store: MemoryWebhooks;

  constructor(store: MemoryWebhooks) {
    this.#store = store;
  }

  async states(): Promise<readonly WebhookState[]> {
    return [...this.#store.subscribers.keys()]
      .toSorted()
      .map((name) => this.#store.state(name))
      .filter((state) => state !== undefined);
  }

  async state(name: string): Promise<WebhookState | undefined> {
    return this.#store.state(name);
  }

  async undelivered(name: string, { limit }: { readonly limit: number }): Promise<readonly KeptEvent[]> {
    return [...(this.#store.subscribers.get(name)?.events.values() ?? [])].slice(0, limit);
  }

  async pause(name: string, decision: WebhookDecision): Promise<void> {
    this.#store.pause(name, decision);
  }

  async resume(name: string, now: number): Promise<void> {
    const found = this.#store.subscribers.get(name);
    if (found?.paused === undefined) return;
    const { at } = found.paused;
    for (const event of found.events.values()) {
      const { id, state, firstTriedAt } = event;
      const pausedMs = Math.max(0, now - Math.max(at, firstTriedAt));
      if (state === 'waiting') found.events.set(id, { ...event, firstTriedAt: firstTriedAt + pausedMs });
    }
    found.paused = undefined;
    found.orders += 1;
  }

  async replay(name: string, replay: WebhookReplay): Promise<void> {
    const found = this.#store.subscribers.get(name);
    if (found === undefined) return;
    found.replay = replay;
    found.orders += 1;
  }

  async retry(name: string, ids: readonly string[], now: number): Promise<readonly string[]> {
    return this.#decide(name, ids, (event, events) => {
      if (event.state !== 'dead') return false;
      events.set(event.id, { ...event, state: 'waiting', firstTriedAt: now, tries: 0, dueAt: now });
      return true;
    });
  }

  async drop(name: string, ids: readonly string[]): Promise<readonly string[]> {
    return this.#decide(name, ids, ({ id }, events) => events.delete(id));
  }

  #decide(
    name: string,
    ids: readonly string[],
    change: (event: KeptEvent, events: Map<string, KeptEvent>) => boolean,
  ): readonly string[] {
    const found = this.#store.subscribers.get(name);
    if (found === undefined) return [];
    const wanted = new Set(ids);
    const changed = [...found.events.values()].filter(({ id }) => wanted.has(id));
    const done = changed.filter((event) => change(event, found.events)).map(({ id }) => id);
    if (done.length > 0) found.orders += 1;
    return done;
  }
}
