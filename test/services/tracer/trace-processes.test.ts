import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { Subscription } from '../../../adapters/ports/event-log.js';
import { SpansRefused, type Span, type SpanExporter } from '../../../adapters/ports/spans.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { eventIdOf } from '../../../domain/event-number.js';
import type { Fact } from '../../../domain/fact.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { encodeEvent } from '../../../schemas/codec.js';
import { factToEvent } from '../../../schemas/events/process-event.js';
import { frame } from '../../../schemas/wire-format.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { traceProcesses } from '../../../services/tracer/trace-processes.js';
import { readHistories } from '../../upgrades/golden-history.js';
import { silentLog } from '../silent-log.js';
import { factsOf, historyOf } from './golden-traces.js';

const schemaIds = bundledSchemaIds();
const topic = 'maintenance.events';
const epoch = 1;
const [facts] = readHistories('0.1.0').histories.map(factsOf);

let log: MemoryEventLog;
let opened: OpenJournal;
let stopping: AbortController;
let subscriptions: Subscription[];

beforeEach(async () => {
  await newInstallation();
  stopping = new AbortController();
  subscriptions = [];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  await log.close();
});

async function newInstallation(): Promise<void> {
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(1));
  const options = {
    clock: systemClock,
    randomness: systemRandomness,
    writer: createOutboxWriter({ source: '/faultline/test/maintenance', epoch }),
    partitionCount: 1,
    outboxPartitions: 1,
  };
  opened = createMemoryJournal(options, createMemoryStore(options));
}

/** A copy of the tracer that is at work; its collector answers what `answer` does. */
async function startCopy(answer: (spans: readonly Span[]) => Promise<void>): Promise<Subscription> {
  const exporter: SpanExporter = { export: answer, close: () => Promise.resolve() };
  const subscription = traceProcesses({
    eventLog: log,
    history: historyOf(facts ?? []),
    positions: opened.positions,
    schemaIds,
    exporter,
    group: 'tracer',
    clock: systemClock,
    randomness: systemRandomness,
    signal: stopping.signal,
    log: silentLog,
    metrics: { spansExported: () => undefined, spansRefused: () => undefined },
  });
  subscriptions.push(subscription);
  await expect.poll(position).toBeDefined();
  return subscription;
}

function position(): Promise<bigint | undefined> {
  return opened.positions.positionOf('tracer', { topic, partition: 0, logId: log.logId });
}

async function publish(
  published: readonly Fact[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const schemaId = await schemaIds.idOf('ProcessEvent');
  await log.append(
    published.map((fact) => ({
      topic,
      key: fact.node,
      value: frame(schemaId, encodeEvent('ProcessEvent', factToEvent(fact))),
      headers: { ce_id: eventIdOf(fact.node, { epoch, version: fact.version }), ...more },
    })),
  );
}

function all(): readonly Fact[] {
  if (facts === undefined) throw new Error('the release left no history');
  return facts;
}

async function untilAllRead(): Promise<void> {
  await expect.poll(position).toBe((await log.bounds(topic))[0]?.high);
}

describe('telling a collector of processes', () => {
  it('given what was over before, when tracing begins, then only what ends from now on is told', async () => {
    const ids: string[] = [];
    await publish(all().slice(0, 40));
    await startCopy((spans) => Promise.resolve(void ids.push(...spans.map(({ spanId }) => spanId))));
    await publish(all().slice(40));
    await untilAllRead();
    const ends = all().filter(({ type }) => type === 'StageEntered' || type === 'ProcessEnded');
    expect(ids.length).toBeGreaterThan(ends.filter(({ version }) => version > 40).length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('given a copy dies at any moment, then its successor tells the rest, and what comes twice is the same', async () => {
    const whole = new Map<string, Span>();
    const told = new Map<string, Span>();
    const keep = (spans: readonly Span[], into: Map<string, Span>): void => {
      for (const span of spans) {
        const before = into.get(span.spanId);
        if (before !== undefined) expect(span).toEqual(before);
        into.set(span.spanId, span);
      }
    };
    let calls = 0;
    const first = await startCopy((spans) => {
      calls += 1;
      // It took them, and nobody hears of it.
      keep(spans, told);
      return calls === 2 ? new Promise(() => undefined) : Promise.resolve();
    });
    for (let start = 0; start < all().length; start += 10) {
      await publish(all().slice(start, start + 10));
      if (calls < 2)
        await expect.poll(async () => calls === 2 || (await position()) === BigInt(start + 10)).toBe(true);
    }
    expect(calls).toBe(2);
    log.crash(first);
    await startCopy((spans) => {
      keep(spans, told);
      return Promise.resolve();
    });
    await untilAllRead();
    await newInstallation();
    await startCopy((spans) => {
      keep(spans, whole);
      return Promise.resolve();
    });
    await publish(all());
    await untilAllRead();
    expect(new Map([...told].sort())).toEqual(new Map([...whole].sort()));
  });

  it('given the collector is away for a while, then nothing is left out', async () => {
    let away = 2;
    const told: Span[] = [];
    await startCopy((spans) => {
      away -= 1;
      if (away >= 0) return Promise.reject(new Error('ECONNREFUSED'));
      told.push(...spans);
      return Promise.resolve();
    });
    await publish(all());
    await untilAllRead();
    expect(away).toBeLessThan(0);
    expect(told.length).toBeGreaterThan(0);
  });

  it('given the collector refuses some for good, then they are left out and the next are told', async () => {
    let refused = 0;
    const told: Span[] = [];
    await startCopy((spans) => {
      if (refused === 0) {
        refused += spans.length;
        return Promise.reject(new SpansRefused('status 400: too old'));
      }
      told.push(...spans);
      return Promise.resolve();
    });
    await publish(all().slice(0, 30));
    await untilAllRead();
    await publish(all().slice(30));
    await untilAllRead();
    expect(refused).toBeGreaterThan(0);
    expect(told.length).toBeGreaterThan(0);
  });

  it('given the past comes again because somebody replays it, then nothing is told of it', async () => {
    const told: Span[] = [];
    await startCopy((spans) => Promise.resolve(void told.push(...spans)));
    await publish(all(), { ce_replay: 'run-1' });
    await untilAllRead();
    expect(told).toEqual([]);
  });

  it('given bytes that are no event, then they are passed over', async () => {
    const told: Span[] = [];
    await startCopy((spans) => Promise.resolve(void told.push(...spans)));
    await log.append([{ topic, key: 'a/n4', value: Buffer.from('no event'), headers: {} }]);
    await publish(all());
    await untilAllRead();
    expect(told.length).toBeGreaterThan(0);
  });
});
