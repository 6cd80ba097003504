import { randomUUID } from 'node:crypto';

import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { EndpointAnswer, EventEndpoint } from '../../../adapters/ports/event-endpoint.js';
import type { WebhookFigure, WebhookResult } from '../../../adapters/ports/metrics.js';
import { SchemaRegistryUnavailable } from '../../../adapters/ports/schema-ids.js';
import type { WebhookDeliveries } from '../../../adapters/ports/webhooks.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { filterOf, type FilterValues } from '../../../services/event-filter.js';
import { runWebhooks } from '../../../services/webhooks/run-webhooks.js';
import type { Subscriber } from '../../../services/webhooks/subscriber.js';
import { Workload } from '../../../services/workload.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { silentLog } from '../silent-log.js';
import { FastClock } from './fast-clock.js';

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
  stop(): Promise<void>;
  /** As by SIGKILL: what it holds is free, and nothing it does from now on counts. */
  kill(): void;
}

/** Log, journal and time of one installation, and copies that deliver. */
export class DeliverySite {
  readonly clock = new FastClock();
  readonly log = new MemoryEventLog({ clock: this.clock, retryDelayMs: 5 });
  readonly #options = defaultOptions(new TestClock());
  readonly #store = createMemoryStore(this.#options);
  readonly desk = createMemoryJournal(this.#options, this.#store).webhookDesk;
  readonly #copies: Copy[] = [];
  readonly #schemaIds = bundledSchemaIds();
  /** Nothing that is read can be understood meanwhile. */
  isRegistryAway = false;
  /** Happens while a copy that begins asks for its cursors. */
  whileBeginning: (book: WebhookDeliveries) => Promise<void> = () => Promise.resolve();

  static async open(): Promise<DeliverySite> {
    const site = new DeliverySite();
    await site.log.ensureTopics(topicsOf(3));
    return site;
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
    const journal: OpenJournal & OpenWebhooks = createMemoryJournal(this.#options, this.#store);
    const stopping = new AbortController();
    let look: () => readonly WebhookFigure[] = () => [];
    let isDead = false;
    const results: WebhookResult[] = [];
    let forgotten = 0;
    const buried = new AbortController();
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
    const book = journal.webhooks;
    const ended = runWebhooks({
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
      eventLog: this.log,
      schemaIds: {
        idOf: (event) => this.#schemaIds.idOf(event),
        schemaById: (id) =>
          this.isRegistryAway
            ? Promise.reject(new SchemaRegistryUnavailable('it does not answer', 'away'))
            : this.#schemaIds.schemaById(id),
      },
      book: {
        enrol: silence((names) => book.enrol(names)),
        state: silence((name) => book.state(name)),
        acquire: silence((name) => book.acquire(name)),
        release: silence((name) => book.release(name)),
        holds: (name) => book.holds(name),
        cursors: silence(async (name) => {
          await this.whileBeginning(createMemoryJournal(this.#options, this.#store).webhooks);
          return book.cursors(name);
        }),
        begin: silence((name, cursor) => book.begin(name, cursor)),
        advance: silence((name, cursor, events) => book.advance(name, cursor, events)),
        beginReplay: silence((name, cursors) => book.beginReplay(name, cursors)),
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
    ended.catch(() => undefined);
    const copy: Copy = {
      figures: () => look(),
      forgotten: () => forgotten,
      results,
      stop: async () => {
        stopping.abort();
        buried.abort();
        await ended.catch(() => undefined);
      },
      kill: () => {
        isDead = true;
        void journal.close();
      },
    };
    this.#copies.push(copy);
    return copy;
  }

  async close(): Promise<void> {
    await Promise.all(this.#copies.map((copy) => copy.stop()));
    await this.log.close();
  }
}
