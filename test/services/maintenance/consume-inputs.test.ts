import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { Subscription } from '../../../adapters/ports/event-log.js';
import type { AdvanceResult, Journal } from '../../../adapters/ports/journal.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { namesOf, type NodeKey, type ReportId } from '../../../domain/identifiers.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { reportRecord, signalRecord } from '../../../services/input-records.js';
import { consumeInputs, type MaintenanceOptions } from '../../../services/maintenance/consume-inputs.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { activePolicy } from './decide/decided-node.js';
import { silentLog } from '../silent-log.js';

const schemaIds = bundledSchemaIds();
const node = 'a/n1' as NodeKey;

/** Installation's time: the log stamps by the wall, and this clock is ahead of it by so much. */
class AheadClock {
  aheadMs = 0;
  now(): number {
    return Date.now() + this.aheadMs;
  }
  waitUntil(instant: number, signal?: AbortSignal): Promise<void> {
    return systemClock.waitUntil(instant - this.aheadMs, signal);
  }
  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}

let clock: AheadClock;
let log: MemoryEventLog;
let opened: OpenJournal;
let running: Subscription[];

beforeEach(async () => {
  clock = new AheadClock();
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(1));
  const options = {
    clock,
    randomness: systemRandomness,
    writer: createOutboxWriter({ source: '/faultline/test/maintenance', epoch: 1 }),
    partitionCount: 1,
    outboxPartitions: 1,
    verify: true,
  };
  opened = createMemoryJournal(options, createMemoryStore(options));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((subscription) => subscription.stop()));
  await opened.close();
  await log.close();
});

function consume(changes: Partial<MaintenanceOptions> = {}): Subscription {
  const subscription = consumeInputs({
    eventLog: log,
    journal: opened.journal,
    schemaIds,
    clock,
    log: silentLog,
    rules: { policy: activePolicy, epoch: 1 },
    group: 'maintenance',
    maxBatchRecords: 100,
    lateAfterMs: 60_000,
    ...changes,
  });
  running.push(subscription);
  return subscription;
}

async function report(type: string, on: NodeKey = node): Promise<ReportId> {
  const id = systemRandomness.uuid() as ReportId;
  const said = { id, ...namesOf(on), type, status: 'firing', source: 'npd' } as const;
  await log.append([await reportRecord(schemaIds, said, { id, source: 'test', at: Date.now() })]);
  return id;
}

async function factsOf(of: NodeKey = node): Promise<readonly string[]> {
  const facts = await opened.history.facts(of, { fromVersion: 1, limit: 100 });
  return facts.map(({ type }) => type);
}

const begun = ['FaultOpened', 'ProcessStarted', 'StageEntered'];

async function deadLetters() {
  const entries = await opened.outbox.unsent([0], 1_000);
  return entries.filter(({ topic }) => topic.endsWith('.dlt'));
}

describe('maintenance reads its inputs', () => {
  it('a batch was read but never decided when nobody listened', async () => {
    consume();
    await report('KernelDeadlock');
    await expect.poll(() => factsOf()).toEqual(begun);
  });

  it('given somebody listens, then it hears what came of each batch', async () => {
    const heard: AdvanceResult[] = [];
    consume({ onAdvanced: (result) => heard.push(result) });
    await report('KernelDeadlock');
    await expect.poll(() => heard).toMatchObject([{ decided: 1, skipped: 0, commands: 1, parked: 0 }]);
  });

  it('given bytes that are no report, then they are a dead letter, and the next report of the partition is decided', async () => {
    const value = Buffer.from([7, 0, 255]);
    await log.append([{ topic: 'fault.reports', key: node, value, headers: { who: 'a stranger' } }]);
    await report('KernelDeadlock');
    consume();
    await expect.poll(() => factsOf()).toEqual(begun);
    const [letter, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ topic: 'fault.reports.dlt', key: node, body: value });
    expect(letter?.headers).toMatchObject({ who: 'a stranger', dlt_topic: 'fault.reports', dlt_offset: '0' });
  });

  it('given a tombstone, then it is a dead letter too', async () => {
    await log.append([{ topic: 'maintenance.signals', key: node, value: undefined, headers: {} }]);
    consume();
    await expect
      .poll(async () => (await deadLetters()).map(({ topic }) => topic))
      .toEqual(['maintenance.signals.dlt']);
  });

  it('given a report that lay there too long, then the present is observed before anything is done', async () => {
    await report('KernelDeadlock');
    clock.aheadMs = 60_001;
    consume();
    await expect.poll(async () => (await opened.history.state(node))?.process?.stage).toBe('observing');
  });

  it('given a report in time, then its node is isolated at once', async () => {
    await report('KernelDeadlock');
    consume();
    await expect.poll(async () => (await opened.history.state(node))?.process?.stage).toBe('isolating');
  });

  it('given the same record twice, then it is decided once', async () => {
    const id = systemRandomness.uuid() as ReportId;
    const said = { id, ...namesOf(node), type: 'DiskFailure', status: 'firing', source: 'npd' } as const;
    const record = await reportRecord(schemaIds, said, { id, source: 'test', at: Date.now() });
    await log.append([record, record]);
    const heard: AdvanceResult[] = [];
    consume({ onAdvanced: (result) => heard.push(result) });
    await expect.poll(() => heard).toMatchObject([{ decided: 1, skipped: 1 }]);
    expect(await factsOf()).toEqual(begun);
  });

  it('given a crash after the commit, when another copy takes over, then nothing is decided twice', async () => {
    let hasCommitted = false;
    const committing: Journal = {
      installation: () => opened.journal.installation(),
      startAt: (group, assigned) => opened.journal.startAt(group, assigned),
      advance: async (request) => {
        await opened.journal.advance(request);
        hasCommitted = true;
        return new Promise(() => undefined);
      },
    };
    const doomed = consumeInputs({
      eventLog: log,
      journal: committing,
      schemaIds,
      clock,
      log: silentLog,
      rules: { policy: activePolicy, epoch: 1 },
      group: 'maintenance',
      maxBatchRecords: 100,
      lateAfterMs: 60_000,
    });
    await report('KernelDeadlock');
    await expect.poll(() => hasCommitted).toBe(true);
    log.crash(doomed);
    consume();
    await report('DiskFailure', 'a/n2' as NodeKey);
    await expect.poll(() => factsOf('a/n2' as NodeKey)).toEqual(begun);
    expect(await factsOf()).toEqual(begun);
  });

  it('given the journal is away for a while, then the batch is read again and nothing is lost', async () => {
    let failures = 2;
    const flaky: Journal = {
      installation: () => opened.journal.installation(),
      startAt: (group, assigned) => opened.journal.startAt(group, assigned),
      advance: (request) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error('away')) : opened.journal.advance(request);
      },
    };
    consume({ journal: flaky });
    await report('KernelDeadlock');
    await expect.poll(() => factsOf()).toEqual(begun);
  });

  it('given signals about a process that is over, then each is a fact of its node', async () => {
    const timer = {
      kind: 'TimerFired',
      processId: 'p-aaaaaaaaaaaaaaaa' as never,
      stageEntry: 1,
      timer: 'x',
    } as const;
    const origin = { id: systemRandomness.uuid(), source: 'test', at: Date.now() };
    await log.append([await signalRecord(schemaIds, node, timer, origin)]);
    consume();
    await expect.poll(() => factsOf()).toEqual(['SignalIgnoredAsStale']);
  });
});
