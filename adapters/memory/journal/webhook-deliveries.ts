import { isAfter } from '../../journal/fact-places.js';
import { placeName } from '../../ports/event-log.js';
import type {
  KeptEvent,
  UndeliveredEvent,
  WebhookCursor,
  WebhookDecision,
  WebhookDeliveries,
  WebhookEvent,
  WebhookJournalReplay,
  WebhookState,
} from '../../ports/webhooks.js';
import type { MemoryWebhooks } from './webhooks.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

/** As one copy sees it: what this handle acquired, another handle on the same store can't. */
export class MemoryWebhookDeliveries implements WebhookDeliveries {
  readonly #store: MemoryWebhooks;
  readonly #self = Symbol('deliverer');

  constructor(store: MemoryWebhooks) {
    this.#store = store;
  }

  /** As when this copy dies. */
  releaseAll(): void {
    for (const subscriber of this.#store.subscribers.values())
      if (subscriber.holder === this.#self) subscriber.holder = undefined;
  }

  async enrol(names: readonly string[]): Promise<void> {
    for (const name of names) this.#store.enrol(name);
  }

  async state(name: string): Promise<WebhookState | undefined> {
    return this.#store.state(name);
  }

  async acquire(name: string): Promise<boolean> {
    const subscriber = this.#store.subscriber(name);
    if (subscriber.holder !== undefined) return false;
    subscriber.holder = this.#self;
    return true;
  }

  async release(name: string): Promise<void> {
    const subscriber = this.#store.subscriber(name);
    if (subscriber.holder === this.#self) subscriber.holder = undefined;
  }

  holds(name: string): boolean {
    return this.#store.subscribers.get(name)?.holder === this.#self;
  }

  async cursors(name: string): Promise<readonly WebhookCursor[]> {
    return [...this.#store.subscriber(name).cursors.values()];
  }

  async begin(name: string, cursor: WebhookCursor): Promise<void> {
    const { cursors } = this.#store.subscriber(name);
    if (cursors.get(placeName(cursor))?.logId !== cursor.logId) cursors.set(placeName(cursor), cursor);
  }

  async advance(
    name: string,
    cursor: WebhookCursor,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    const { cursors, events } = this.#store.subscriber(name);
    const known = cursors.get(placeName(cursor));
    if (known?.logId === cursor.logId && known.nextOffset < cursor.nextOffset) {
      cursors.set(placeName(cursor), { ...known, nextOffset: cursor.nextOffset });
    }
    return this.#keep(events, undelivered);
  }

  #keep(events: Map<string, KeptEvent>, undelivered: readonly UndeliveredEvent[]): readonly KeptEvent[] {
    return undelivered.map((event) => {
      const id = [...events.values()].find((kept) => isSame(kept, event))?.id ?? this.#store.nextId();
      const kept = { ...event, id };
      events.set(id, kept);
      return kept;
    });
  }

  async beginReplay(
    name: string,
    cursors: readonly WebhookCursor[],
    inJournal?: WebhookJournalReplay,
  ): Promise<void> {
    const subscriber = this.#store.subscriber(name);
    for (const cursor of cursors) subscriber.cursors.set(placeName(cursor), cursor);
    subscriber.journalReplay = inJournal ?? subscriber.journalReplay;
    subscriber.replay = undefined;
  }

  async journalReplay(name: string): Promise<WebhookJournalReplay | undefined> {
    return this.#store.subscriber(name).journalReplay;
  }

  async advanceJournalReplay(
    name: string,
    { id, next }: Required<Pick<WebhookJournalReplay, 'id' | 'next'>>,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    const subscriber = this.#store.subscriber(name);
    const known = subscriber.journalReplay;
    if (known?.id === id && isAfter(next, known.next)) subscriber.journalReplay = { ...known, next };
    return this.#keep(subscriber.events, undelivered);
  }

  async endJournalReplay(name: string, id: string): Promise<void> {
    const subscriber = this.#store.subscriber(name);
    if (subscriber.journalReplay?.id === id) subscriber.journalReplay = undefined;
  }

  async waiting(name: string): Promise<readonly KeptEvent[]> {
    return [...this.#store.subscriber(name).events.values()].filter(({ state }) => state === 'waiting');
  }

  async delivered(id: string): Promise<void> {
    for (const { events } of this.#store.subscribers.values())
      if (events.get(id)?.state === 'waiting') events.delete(id);
  }

  async failed(id: string, next: Pick<KeptEvent, 'state' | 'tries' | 'dueAt' | 'reason'>): Promise<void> {
    for (const { events } of this.#store.subscribers.values()) {
      const event = events.get(id);
      if (event?.state === 'waiting') events.set(id, { ...event, ...next });
    }
  }

  async pause(name: string, decision: WebhookDecision): Promise<void> {
    this.#store.pause(name, decision);
  }
}

function isSame(one: WebhookEvent, other: WebhookEvent): boolean {
  if (one.place === undefined || other.place === undefined)
    return one.place === other.place && one.eventId === other.eventId;
  const { logId, partition, offset } = one.place;
  return (
    one.topic === other.topic &&
    logId === other.place.logId &&
    partition === other.place.partition &&
    offset === other.place.offset
  );
}
