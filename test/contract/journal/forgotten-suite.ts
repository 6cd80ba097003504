import { expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { systemClock } from '../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { isEventName } from '../../../schemas/codec.js';
import { frame } from '../../../schemas/wire-format.js';
import { EventStreams } from '../../../services/console/events/event-streams.js';
import { streamRequestOf } from '../../../services/console/events/stream-request.js';
import type { CuttableSink } from '../../../services/console/events/subscriber-connection.js';
import { topicsOfFacts } from '../../../services/journal-events.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { readHistories } from '../../upgrades/golden-history.js';
import { releasedVersions } from '../../upgrades/release.js';
import { batch } from './decisions.js';
import type { Harness } from './harness.js';

const source = '/faultline/tested/maintenance';
const dayMs = 86_400_000;
const pauseMs = 100 * dayMs;
const golden = readHistories(releasedVersions().at(-1) ?? '');

/** The log's, which stands still; waits are real, so that the readers of the log get along. */
class LogClock implements Clock {
  #ahead = 0;

  set(now: number): void {
    this.#ahead = now - Date.now();
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  waitUntil(instant: number, signal?: AbortSignal): Promise<void> {
    return systemClock.waitUntil(instant - this.#ahead, signal);
  }

  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}

interface Site {
  readonly journal: OpenJournal;
  readonly log: MemoryEventLog;
  readonly clock: LogClock;
  /** Every event of a fact, in the order in which it was published. */
  readonly published: readonly NewOutboxEntry[];
  close(): Promise<void>;
}

/** What nodes have lived through, with a long pause in the middle of each: the log has forgotten what was before. */
async function livedThrough(harness: Harness): Promise<Site> {
  const installation = await harness.installation();
  const journal = await installation.open({ writer: createOutboxWriter({ source, epoch: 1 }) });
  const nodes = [...new Map(golden.histories.map((history) => [history.node, history])).values()].slice(0, 4);
  for (const { rules, steps } of nodes) {
    const chosen = golden.rules[rules];
    if (chosen === undefined) continue;
    const inputs = steps.map(({ input }, index) =>
      index < steps.length / 2 ? input : { ...input, at: input.at + pauseMs },
    );
    await journal.journal.advance(batch(inputs, decidingBy(chosen)));
  }
  const entries = await journal.outbox.unsent([0, 1], 100_000);
  const published = entries.filter(({ topic }) => topicsOfFacts.includes(topic));
  const clock = new LogClock();
  const log = new MemoryEventLog({ clock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(3));
  for (const entry of published.toSorted((a, b) => decidedAt(a) - decidedAt(b))) {
    clock.set(decidedAt(entry) + 1_000);
    await log.append([await recordOf(entry)]);
  }
  // So that no record is as young as whatever ends now.
  clock.set(clock.now() + 1_000);
  await log.removeExpired();
  const close = async (): Promise<void> => {
    await log.close();
    await installation.close();
  };
  return { journal, log, clock, published, close };
}

function decidedAt({ headers }: Pick<NewOutboxEntry, 'headers'>): number {
  return Date.parse(headers['ce_time'] ?? '');
}

async function recordOf({ topic, key, event = '', body, headers }: NewOutboxEntry) {
  if (!isEventName(event) || body === undefined) throw new TypeError(`${topic} has no event`);
  return { topic, key, headers, value: frame(await bundledSchemaIds().idOf(event), body) };
}

/** The whole id of each event that has come, and its topic. */
class Subscriber implements CuttableSink {
  readonly #gone = new AbortController();
  readonly #enough: (ids: readonly string[]) => boolean;
  readonly #topics: string[] = [];
  readonly ids: string[] = [];

  /** Leaves when it has got enough. */
  constructor(enough: (ids: readonly string[]) => boolean = () => false) {
    this.#enough = enough;
  }

  /** By topic and node, the events in the order in which they came. */
  get inOrder(): ReadonlyMap<string, readonly string[]> {
    return groupedByNode(
      this.ids.map((id, index) => ({ topic: this.#topics[index] ?? '', id: eventOf(id) })),
    );
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  cut(): void {
    this.#gone.abort();
  }

  write(bytes: string | Buffer): undefined {
    const text = bytes.toString();
    for (const lines of text.split('\n\n')) {
      const [, id, data] = /^id: (\S*)\nevent: .*\ndata: (.*)$/.exec(lines) ?? [];
      if (id === undefined || data === undefined || this.signal.aborted) continue;
      this.ids.push(id);
      this.#topics.push((JSON.parse(data) as { readonly topic: string }).topic);
      if (this.#enough(this.ids)) this.cut();
    }
  }
}

function eventOf(id: string): string {
  return id.split(';')[0] ?? '';
}

function isOfTheLog(id: string): boolean {
  return id.split(';').length === 2;
}

function groupedByNode(
  events: readonly { readonly topic: string; readonly id: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const { topic, id } of events) {
    const place = `${topic} ${id.slice(0, id.indexOf('@'))}`;
    groups.set(place, [...(groups.get(place) ?? []), id]);
  }
  return new Map([...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const publishedIds = (entries: readonly NewOutboxEntry[]): readonly string[] =>
  entries.map(({ headers }) => headers['ce_id'] ?? '').toSorted();

function unreadable({ history, ...journal }: OpenJournal): OpenJournal {
  const publishedFacts = () => Promise.reject(new Error('the journal was read'));
  return { ...journal, history: { ...history, publishedFacts } };
}

/** `GET /v1/events` of times before what the log still keeps, on every journal. */
/** Nobody asks by them here. */
const anyLabels = { selecting: () => Promise.resolve(() => true) };

export function forgottenSuite(harness: () => Harness): void {
  const serve = async (
    { journal: { history }, log, clock }: Site,
    subscriber: Subscriber,
    query: Readonly<Record<string, string>>,
    lastEventId?: string,
  ): Promise<void> => {
    const streams = new EventStreams({
      ...{ eventLog: log, schemaIds: bundledSchemaIds(), clock, ringBytes: 4_000_000, heartbeatMs: 50 },
      stallMs: 60_000,
      ...{ maximumStreams: 10, journal: { history, source } },
    });
    const raw = { query, ...(lastEventId === undefined ? {} : { lastEventId }) };
    const context = { history, eventLog: log, labels: anyLabels, now: clock.now() };
    const request = await streamRequestOf(raw, context);
    await streams.serve(request, subscriber);
    await streams.stop();
  };

  it('whoever begins before what the log still keeps gets all that was published, from the journal and then from the log', async () => {
    const site = await livedThrough(harness());
    try {
      const all = new Set(publishedIds(site.published));
      const subscriber = new Subscriber((ids) => ids.length >= all.size);
      await serve(site, subscriber, { from: 'beginning' });
      // Each once, and of each node and topic in the order in which they were published.
      const published = site.published.map(({ topic, headers }) => ({ topic, id: headers['ce_id'] ?? '' }));
      expect(subscriber.inOrder).toEqual(groupedByNode(published));
      const inLog = subscriber.ids.filter(isOfTheLog);
      // Otherwise only one of both was tried.
      expect(inLog.length).toBeGreaterThan(0);
      expect(inLog.length).toBeLessThan(all.size);
    } finally {
      await site.close();
    }
  });

  it.each([1, 7, 60])(
    'who was cut off after %d events goes on there, and no event is missing',
    async (count) => {
      const site = await livedThrough(harness());
      try {
        const first = new Subscriber((ids) => ids.length >= count);
        await serve(site, first, { from: 'beginning' });
        const rest = new Subscriber();
        await serve(site, rest, { from: 'beginning', until: 'now' }, first.ids.at(-1));
        const got = new Set([...first.ids, ...rest.ids].map(eventOf));
        expect([...got].toSorted()).toEqual(publishedIds(site.published));
        // Of what comes again, no more than what the fact says at which it was cut.
        const before = first.ids.slice(0, -4).map(eventOf);
        expect(rest.ids.map(eventOf).filter((id) => before.includes(id))).toEqual([]);
      } finally {
        await site.close();
      }
    },
  );

  it('who was cut off in the log after the journal goes on in the log', async () => {
    const site = await livedThrough(harness());
    try {
      const query = { from: 'beginning', topic: 'maintenance.events' };
      const first = new Subscriber((ids) => ids.filter(isOfTheLog).length >= 3);
      await serve(site, first, query);
      const rest = new Subscriber();
      await serve(
        { ...site, journal: unreadable(site.journal) },
        rest,
        { ...query, until: 'now' },
        first.ids.at(-1),
      );
      const got = new Set([...first.ids, ...rest.ids].map(eventOf));
      const wanted = site.published.filter(({ topic }) => topic === query.topic);
      expect([...got].toSorted()).toEqual(publishedIds(wanted));
    } finally {
      await site.close();
    }
  });

  it('who reads the journal so slowly that the log forgets more meanwhile misses nothing', async () => {
    const site = await livedThrough(harness());
    try {
      let fromJournal = 0;
      const subscriber = new Subscriber((ids) => {
        if (fromJournal === 0) {
          // All that is left in the log is forgotten while the first page is on its way.
          site.clock.set(site.clock.now() + pauseMs);
          void site.log.removeExpired();
        }
        fromJournal = ids.filter((id) => !isOfTheLog(id)).length;
        return false;
      });
      await serve(site, subscriber, { from: 'beginning', until: 'now' });
      const inJournal = new Set(subscriber.ids.filter((id) => !isOfTheLog(id)).map(eventOf));
      const until = site.clock.now() - pauseMs;
      const before = site.published.filter((entry) => decidedAt(entry) < until);
      expect([...inJournal].toSorted()).toEqual(publishedIds(before));
    } finally {
      await site.close();
    }
  });

  it('who was in the journal goes on there, also when the log was replaced by one that never deleted anything', async () => {
    const site = await livedThrough(harness());
    const log = new MemoryEventLog({ clock: site.clock, retryDelayMs: 5 });
    try {
      const first = new Subscriber((ids) => ids.length >= 7);
      await serve(site, first, { from: 'beginning' });
      await log.ensureTopics(topicsOf(3));
      const rest = new Subscriber();
      await serve({ ...site, log }, rest, { from: 'beginning', until: 'now' }, first.ids.at(-1));
      const until = Number(first.ids.at(-1)?.split(';')[2]);
      const got = new Set([...first.ids, ...rest.ids].map(eventOf));
      const decided = site.published.filter((entry) => decidedAt(entry) < until);
      expect([...got].toSorted()).toEqual(publishedIds(decided));
    } finally {
      await log.close();
      await site.close();
    }
  });

  it('refuses to go on in a journal that was to be read up to a time which lies ahead', async () => {
    const { history } = await (await harness().installation()).open();
    const request = streamRequestOf(
      { query: {}, lastEventId: 'a/n1@1.1/ProcessEvent;0;5000' },
      { history, eventLog: new MemoryEventLog({ clock: new LogClock() }), labels: anyLabels, now: 4_999 },
    );
    await expect(request).rejects.toThrow('Last-Event-ID: "a/n1@1.1/ProcessEvent;0;5000" is none');
  });

  it('what the log still has is not read in the journal', async () => {
    const site = await livedThrough(harness());
    try {
      const from = new Date(site.clock.now() - dayMs).toISOString();
      const subscriber = new Subscriber();
      await serve({ ...site, journal: unreadable(site.journal) }, subscriber, { from, until: 'now' });
      const late = site.published.filter((entry) => decidedAt(entry) + 1_000 >= Date.parse(from));
      expect(late.length).toBeGreaterThan(0);
      expect(subscriber.ids.map(eventOf).toSorted()).toEqual(publishedIds(late));
    } finally {
      await site.close();
    }
  });
}
