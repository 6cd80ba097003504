import type {
  KeptEvent,
  UndeliveredEvent,
  WebhookDeliveries,
  WebhookEvent,
  WebhookJournalReplay,
} from '../../adapters/ports/webhooks.js';
import {
  asCloudEvent,
  journalEvents,
  type JournalEvent,
  type JournalOfEvents,
  type JournalPlace,
} from '../journal-events.js';
import type { Backlog } from './backlog.js';
import { DeliveryStopped } from './courier.js';
import type { Handing } from './handing.js';
import type { Subscriber } from './subscriber.js';

/** Events of one batch come again after a crash… */
const batchEvents = 100;
/** …and those of so many batches: the history of one node would have the others wait for it. */
const batchesAtOnce = 8;

export interface TellingParts {
  readonly journal: JournalOfEvents;
  readonly book: Pick<WebhookDeliveries, 'advanceJournalReplay' | 'endJournalReplay'>;
  readonly subscriber: Pick<Subscriber, 'name' | 'filter'>;
  readonly handing: Pick<Handing, 'deliver' | 'throwIfOver'>;
  readonly backlog: Pick<Backlog, 'madeAgain' | 'allMadeAgain'>;
}

interface EventBatch {
  readonly events: readonly JournalEvent[];
  /** Where to go on behind them. */
  readonly next: JournalPlace;
}

/** A fact may say several things: where a batch ends between them, the next one begins with that fact. */
function batchesOf(events: readonly JournalEvent[]): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  for (let first = 0; first < events.length; first += batchEvents) {
    const batch = events.slice(first, first + batchEvents);
    const { fact } = batch.at(-1) ?? {};
    if (fact === undefined) break;
    const isWhole = events[first + batchEvents]?.fact !== fact;
    batches.push({
      events: batch,
      next: { node: fact.node, version: isWhole ? fact.version + 1 : fact.version },
    });
  }
  return batches;
}

function eventOf(event: JournalEvent, replayId: string): WebhookEvent {
  const { fact, said } = event;
  const whole = asCloudEvent(event);
  return {
    ...{ topic: said.topic, node: fact.node, eventId: whole.id, json: JSON.stringify(whole) },
    ...{ appendedAt: fact.at, replayId },
  };
}

/** Tells one subscriber again what the log has forgotten, made again from the journal: from where its replay has come to. */
class JournalTelling {
  readonly #parts: TellingParts;
  readonly #replay: WebhookJournalReplay;
  /** Deliveries in order, each of which notes how far it came behind the one before. */
  readonly #underWay: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(parts: TellingParts, replay: WebhookJournalReplay) {
    this.#parts = parts;
    this.#replay = replay;
  }

  async run(): Promise<void> {
    try {
      await this.#read();
    } finally {
      await Promise.allSettled(this.#underWay);
    }
  }

  async #read(): Promise<void> {
    const { journal, book, subscriber, handing, backlog } = this.#parts;
    const { id, since, until, next } = this.#replay;
    const span = { filter: subscriber.filter, since, until, ...(next === undefined ? {} : { from: next }) };
    for await (const page of journalEvents(journal.history, journal.source, span)) {
      handing.throwIfOver();
      for (const batch of batchesOf(page)) {
        if (this.#underWay.length >= batchesAtOnce) await this.#underWay.shift();
        this.#deliver(batch);
      }
    }
    await this.#last;
    await book.endJournalReplay(subscriber.name, id);
    backlog.allMadeAgain();
  }

  #deliver({ events, next }: EventBatch): void {
    const { book, subscriber, handing, backlog } = this.#parts;
    const { id } = this.#replay;
    backlog.madeAgain(Math.min(...events.map(({ fact }) => fact.at)));
    const before = this.#last;
    const advance = async (undelivered: readonly UndeliveredEvent[]): Promise<readonly KeptEvent[]> => {
      try {
        await before;
      } catch (error) {
        throw new DeliveryStopped('what comes before was not noted', { cause: error });
      }
      return book.advanceJournalReplay(subscriber.name, { id, next }, undelivered);
    };
    this.#last = handing.deliver(
      events.map((event) => eventOf(event, id)),
      advance,
    );
    // Whoever waits for it hears of it.
    this.#last.catch(() => undefined);
    this.#underWay.push(this.#last);
  }
}

/** Resolves when the journal has told all of the replay. Rejects with DeliveryStopped, JournalUnavailable. */
export function tellFromJournal(parts: TellingParts, replay: WebhookJournalReplay): Promise<void> {
  return new JournalTelling(parts, replay).run();
}
