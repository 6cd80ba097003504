import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import type { JournalOptions, OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { EndpointAnswer, EventEndpoint } from '../../../adapters/ports/event-endpoint.js';
import type { WebhookFigure, WebhookResult } from '../../../adapters/ports/metrics.js';
import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import { SchemaRegistryUnavailable } from '../../../adapters/ports/schema-ids.js';
import type { WebhookDeliveries, WebhookDesk } from '../../../adapters/ports/webhooks.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { isEventName } from '../../../schemas/codec.js';
import { frame } from '../../../schemas/wire-format.js';
import { filterOf, type FilterValues } from '../../../services/event-filter.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { runWebhooks } from '../../../services/webhooks/run-webhooks.js';
import type { Subscriber } from '../../../services/webhooks/subscriber.js';
import { Workload } from '../../../services/workload.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { silentLog } from '../silent-log.js';
import { FastClock } from './fast-clock.js';

const source = '/faultline/t/maintenance';

export const answered = (status: number, more: { retryAfter?: string } = {}): EndpointAnswer => ({
  kind: 'answered',
  status,
  text: '',
  ...more,
});

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly at: number;
}

/** A subscriber that notes what it gets; it says yes unless told otherwise. */
export class Listener implements EventEndpoint {
  readonly received: Received[] = [];
  /** Most requests of one node that were under way at once. */
  mostOfOneNode = 0;
  answer: (request: Received) => EndpointAnswer | Promise<EndpointAnswer> = () => answered(204);
  readonly #clock: FastClock;
  readonly #underWay = new Map<string, number>();

  constructor(clock: FastClock) {
    this.#clock = clock;
  }

  async post(headers: Readonly<Record<string, string>>, body: Buffer): Promise<EndpointAnswer> {
    const request = { headers, body, at: this.#clock.now() };
    const node = headers['ce-subject'] ?? '';
    this.received.push(request);
    const now = (this.#underWay.get(node) ?? 0) + 1;
    this.#underWay.set(node, now);
    this.mostOfOneNode = Math.max(this.mostOfOneNode, now);
    await new Promise(setImmediate);
    const answer = await this.answer(request);
    this.#underWay.set(node, now - 1);
    return answer;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Ids in the order in which they came first. */
  get ids(): readonly string[] {
    return [...new Set(this.received.map(({ headers }) => headers['ce-id'] ?? ''))];
  }

  /** Versions of one node, each when it came first. */
  versionsOf(node: string): readonly number[] {
    const of = this.received.filter(({ headers }) => headers['ce-subject'] === node);
    return [...new Set(of.map(({ headers }) => Number(headers['ce-sequence']?.split('.')[1])))];
  }
}

export interface Copy {
  readonly figures: () => readonly WebhookFigure[];
  readonly results: WebhookResult[];
  /** Records that the log had deleted before they were looked at. */
  readonly forgotten: () => number;
  /** How often it has looked for orders. */
  readonly looks: () => number;
  stop(): Promise<void>;
  /** As by SIGKILL: what it holds is free, and nothing it does from now on counts. */
  kill(): void;
}

/** Opens another handle on the journal of one installation. */
export type OpenCopy = (options: JournalOptions) => Promise<OpenJournal & OpenWebhooks>;

function inMemory(options: JournalOptions): OpenCopy {
  const store = createMemoryStore(options);
  return (given) => Promise.resolve(createMemoryJournal(given, store));
}

/** Log, journal and time of one installation, and copies that deliver. */
export class DeliverySite {
  readonly clock = new FastClock();
  readonly log = new MemoryEventLog({ clock: this.clock, retryDelayMs: 5 });
  /** Where it is decided, and looked at. */
  readonly journal: OpenJournal & OpenWebhooks;
  readonly #open: () => Promise<OpenJournal & OpenWebhooks>;
  readonly #copies: Copy[] = [];
  readonly #schemaIds = bundledSchemaIds();
  /** Nothing that is read can be understood meanwhile. */
  isRegistryAway = false;
  /** Happens while a copy that begins asks for its cursors. */
  whileBeginning: (book: WebhookDeliveries) => Promise<void> = () => Promise.resolve();
  /** Asked before facts are read: the journal may be away. */
  whileReadingFacts: () => Promise<void> = () => Promise.resolve();

  private constructor(journal: OpenJournal & OpenWebhooks, open: () => Promise<OpenJournal & OpenWebhooks>) {
    this.journal = journal;
    this.#open = open;
  }

  /** @param openCopy in memory, if not given */
  static async open(openCopy?: OpenCopy, more: Partial<JournalOptions> = {}): Promise<DeliverySite> {
    const options = {
      ...defaultOptions(new TestClock()),
      writer: createOutboxWriter({ source, epoch: 1 }),
      ...more,
    };
    const opening = openCopy ?? inMemory(options);
    const site = new DeliverySite(await opening(options), () => opening(options));
    await site.log.ensureTopics(topicsOf(3));
    return site;
  }

  get desk(): WebhookDesk {
    return this.journal.webhookDesk;
  }

  /** Sends what was decided, as the relay does; resolves with it. */
  async relay(): Promise<readonly NewOutboxEntry[]> {
    const entries = await this.journal.outbox.unsent([0, 1], 100_000);
    await this.log.append(
      await Promise.all(
        entries.map(async ({ topic, key, event = '', headers, body = Buffer.alloc(0) }) => {
          if (!isEventName(event)) throw new TypeError(`${event} is no event`);
          return { topic, key, headers, value: frame(await this.#schemaIds.idOf(event), body) };
        }),
      ),
    );
    await this.journal.outbox.markSent(entries, this.clock.now());
    return entries;
  }

  /** The log forgets all that it has on these topics. */
  async forget(topics: readonly string[]): Promise<void> {
    for (const topic of topics)
      for (const { partition, high } of await this.log.bounds(topic)) this.log.trim(topic, partition, high);
  }

  listener(): Listener {
    return new Listener(this.clock);
  }

  subscriber(name: string, filter: FilterValues = {}, more: Partial<Subscriber> = {}): Subscriber {
    return {
      name,
      filter: filterOf(filter),
      secrets: [Buffer.alloc(32, name)],
      from: 'beginning',
      concurrency: 4,
      retryForMs: 3_600_000,
      ...more,
    };
  }

  run(...subscribers: readonly (readonly [Subscriber, EventEndpoint])[]): Copy {
    const opened = this.#open();
    const stopping = new AbortController();
    let look: () => readonly WebhookFigure[] = () => [];
    let isDead = false;
    const results: WebhookResult[] = [];
    let forgotten = 0;
    let looks = 0;
    const buried = new AbortController();
    // As many wait for it as requests are under way.
    setMaxListeners(0, buried.signal);
    const forEver = () =>
      new Promise<never>((_resolve, reject) => {
        const dead = (): void => {
          reject(new Error('dead'));
        };
        if (buried.signal.aborted) dead();
        else buried.signal.addEventListener('abort', dead);
      });
    const silence = <Method extends (...given: never[]) => Promise<unknown>>(method: Method): Method =>
      ((...given: never[]) => (isDead ? forEver() : method(...given))) as Method;
    const work = async ({ webhooks: book, history }: OpenJournal & OpenWebhooks): Promise<void> =>
      runWebhooks({
        clock: this.clock,
        randomness: { next: () => 0.5, uuid: () => randomUUID() },
        log: silentLog,
        signal: stopping.signal,
        workload: new Workload(),
        subscribers: subscribers.map(([subscriber, endpoint]) => ({
          subscriber,
          endpoint: {
            post: silence((headers, body) => endpoint.post(headers, body)),
            close: () => endpoint.close(),
          },
        })),
        source: '/faultline/t/webhooks',
        eventLog: this.log,
        schemaIds: {
          idOf: (event) => this.#schemaIds.idOf(event),
          schemaById: (id) =>
            this.isRegistryAway
              ? Promise.reject(new SchemaRegistryUnavailable('it does not answer', 'away'))
              : this.#schemaIds.schemaById(id),
        },
        journal: {
          source,
          history: {
            publishedFacts: silence(async (query) => {
              await this.whileReadingFacts();
              return history.publishedFacts(query);
            }),
          },
        },
        book: {
          enrol: silence((names) => book.enrol(names)),
          state: silence((name) => {
            looks += 1;
            return book.state(name);
          }),
          acquire: silence((name) => book.acquire(name)),
          release: silence((name) => book.release(name)),
          holds: (name) => book.holds(name),
          cursors: silence(async (name) => {
            await this.whileBeginning(this.journal.webhooks);
            return book.cursors(name);
          }),
          begin: silence((name, cursor) => book.begin(name, cursor)),
          advance: silence((name, cursor, events) => book.advance(name, cursor, events)),
          beginReplay: silence((name, cursors, inJournal) => book.beginReplay(name, cursors, inJournal)),
          journalReplay: silence((name) => book.journalReplay(name)),
          advanceJournalReplay: silence((name, replay, events) =>
            book.advanceJournalReplay(name, replay, events),
          ),
          endJournalReplay: silence((name, id) => book.endJournalReplay(name, id)),
          waiting: silence((name) => book.waiting(name)),
          delivered: silence((id) => book.delivered(id)),
          failed: silence((id, next) => book.failed(id, next)),
          pause: silence((name, decision) => book.pause(name, decision)),
        },
        metrics: {
          webhookSubscribers: (given) => (look = given),
          webhookAttempted: (_name, result) => results.push(result),
          webhookForgotten: (_name, records) => (forgotten += records),
        },
        takeOverMs: 2_000,
        lookEveryMs: 500,
      });
    const ended = opened.then(work);
    ended.catch(() => undefined);
    const copy: Copy = {
      figures: () => look(),
      forgotten: () => forgotten,
      looks: () => looks,
      results,
      stop: async () => {
        stopping.abort();
        buried.abort();
        await ended.catch(() => undefined);
        await (await opened).close();
      },
      kill: () => {
        isDead = true;
        void opened.then((journal) => journal.close());
      },
    };
    this.#copies.push(copy);
    return copy;
  }

  async close(): Promise<void> {
    await Promise.all(this.#copies.map((copy) => copy.stop()));
    await this.journal.close();
    await this.log.close();
  }
}
