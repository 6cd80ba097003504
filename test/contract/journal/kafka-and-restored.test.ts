import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../adapters/clock/system-clock.js';
import type { LostInput, OpenJournal } from '../../../adapters/journal/options.js';
import type { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { LogMismatch } from '../../../adapters/ports/journal.js';
import type { Subscription } from '../../../adapters/ports/event-log.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { namesOf, type NodeKey, type ProcessId, type ReportId } from '../../../domain/identifiers.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { reportRecord } from '../../../services/input-records.js';
import { consumeInputs } from '../../../services/maintenance/consume-inputs.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { startKafka, type KafkaStack } from '../../../stack/kafka.js';
import { activePolicy } from '../../services/maintenance/decide/decided-node.js';
import { silentLog } from '../../services/silent-log.js';
import { openKafka } from '../event-log/open-log.js';
import { claimCommand } from './claiming.js';
import { batch, commandOf, nodeNamed, report, resultOf, starting } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const topic = 'fault.reports';
const schemaIds = bundledSchemaIds();
let folder: string;
let kafka: KafkaStack;
let server: TestServer;
let admin: kafkajs.Admin;
let log: KafkaEventLog;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-restored-'));
  [kafka, server] = await Promise.all([startKafka({ brokers: 1, folder }), startTestServer()]);
  admin = new kafkajs.Kafka({
    brokers: [...kafka.bootstrapServers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  log = openKafka(kafka.bootstrapServers.join(','));
  await log.ensureTopics(topicsOf(1));
}, 600_000);
afterAll(async () => {
  await log.close();
  await admin.disconnect();
  await Promise.all([kafka.stop(), server.stop()]);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Maintenance at work on a database, as one copy of it. */
class Copy {
  readonly told: LostInput[] = [];
  readonly journal: OpenJournal;
  readonly subscription: Subscription;

  private constructor(journal: OpenJournal, told: LostInput[], epoch: number) {
    this.journal = journal;
    this.told = told;
    this.subscription = consumeInputs({
      eventLog: log,
      journal: journal.journal,
      schemaIds,
      clock: systemClock,
      log: silentLog,
      rules: { policy: activePolicy, epoch },
      group: 'maintenance',
      maxBatchRecords: 100,
      lateAfterMs: 3_600_000,
    });
    // Whoever waits for its end sees why; others need not.
    this.subscription.ended.catch(() => undefined);
  }

  static async open(connectionString: string): Promise<Copy> {
    const told: LostInput[] = [];
    const writer = createOutboxWriter({ source: '/faultline/test/maintenance', epoch: 1 });
    const clock = new TestClock();
    const options = { ...defaultOptions(clock), clock: systemClock, writer, partitionCount: 1 };
    const onInputLost = (lost: LostInput): unknown => told.push(lost);
    const journal = await openPostgresJournal({ ...options, connectionString, onInputLost });
    const { epoch } = await journal.journal.installation();
    return new Copy(journal, told, epoch);
  }

  async decided(node: NodeKey): Promise<ProcessId> {
    const processOf = async (): Promise<ProcessId | undefined> =>
      (await this.journal.history.state(node))?.process?.id;
    await expect.poll(processOf, { timeout: 30_000 }).toBeDefined();
    return (await processOf()) ?? expect.fail('it had a process');
  }

  async stop(): Promise<void> {
    await this.subscription.stop().catch(() => undefined);
    await this.journal.close();
  }
}

async function reportOn(...nodes: readonly NodeKey[]): Promise<void> {
  const records = nodes.map((node) => {
    const id = randomUUID() as ReportId;
    const report = { id, ...namesOf(node), type: 'DiskFailure', status: 'firing', source: 'npd' } as const;
    return reportRecord(schemaIds, report, { id, source: '/intake', at: Date.now() });
  });
  await log.append(await Promise.all(records));
}

async function recreateTopic(): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  // As after a restart: a client that made sure of its topics once does not look again.
  await log.close();
  // The broker deletes by and by, and until then neither refuses nor knows it.
  const isEmpty = async (): Promise<boolean> => {
    log = openKafka(kafka.bootstrapServers.join(','));
    await log.ensureTopics(topicsOf(1)).catch(() => log.close());
    return (await log.bounds(topic))[0]?.high === 0n;
  };
  await expect.poll(() => isEmpty().catch(() => false), { timeout: 60_000, interval: 200 }).toBe(true);
}

describe('given Kafka and PostgreSQL', { timeout: 120_000 }, () => {
  const running: Copy[] = [];
  const open = async (connectionString: string): Promise<Copy> => {
    const copy = await Copy.open(connectionString);
    running.push(copy);
    return copy;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((copy) => copy.stop()));
  });
  const nodes = (...names: readonly string[]): readonly NodeKey[] => names.map(nodeNamed);

  it('when records were deleted before they were read, then that is told, and every node at work is', async () => {
    const connectionString = await server.createDatabase();
    const [known, lost, last] = nodes('k1', 'k2', 'k3') as [NodeKey, NodeKey, NodeKey];
    await reportOn(known);
    const before = await open(connectionString);
    await before.decided(known);
    const gaps = await before.journal.upkeep.inputGaps();
    await before.stop();
    const from = (await log.bounds(topic))[0]?.high ?? 0n;
    await reportOn(lost, last);
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: `${from + 1n}` }] });
    const after = await open(connectionString);
    await after.decided(last);
    expect(after.told).toMatchObject([{ topic, partition: 0, from, to: from + 1n }]);
    expect(await after.journal.history.state(lost)).toBeUndefined();
    expect(await after.journal.upkeep.inputGaps()).toBe(gaps + 1);
    const unsent = [
      ...(await after.journal.outbox.unsent([0], 500)),
      ...(await after.journal.outbox.unsent([1], 500)),
    ];
    const signals = unsent.filter((entry) => entry.topic === 'maintenance.signals');
    expect(signals.map(({ key }) => key)).toEqual([known]);
  });

  it('when a topic was made anew, then it refuses to run until a person begins a new log epoch', async () => {
    const connectionString = await server.createDatabase();
    const [old, fresh] = nodes('t1', 't2') as [NodeKey, NodeKey];
    await reportOn(...nodes('t3', 't4', 't5'), old);
    const before = await open(connectionString);
    const processId = await before.decided(old);
    await before.stop();
    await recreateTopic();
    await reportOn(fresh);
    const refusing = await open(connectionString);
    await expect(refusing.subscription.ended).rejects.toBeInstanceOf(LogMismatch);
    expect(await refusing.journal.history.state(fresh)).toBeUndefined();
    await refusing.journal.upkeep.startLogEpoch({ subject: 'anna', reason: 'the topic was deleted' });
    await refusing.stop();
    const after = await open(connectionString);
    await after.decided(fresh);
    expect(await after.decided(old)).toBe(processId);
  });

  it('when a topic was made anew and has grown longer than what was read, then it refuses as well', async () => {
    const connectionString = await server.createDatabase();
    const [old, fresh] = nodes('g1', 'g2') as [NodeKey, NodeKey];
    await reportOn(old);
    const before = await open(connectionString);
    await before.decided(old);
    const { high = 0n } = (await log.bounds(topic))[0] ?? {};
    await before.stop();
    const again = await open(connectionString);
    await expect.poll(() => again.subscription.isHealthy()).toBe(true);
    await reportOn(fresh);
    await again.decided(fresh);
    await again.stop();
    await recreateTopic();
    const others = Array.from({ length: Number(high) + 5 }, (_, index) => `g${index + 3}`);
    await reportOn(...nodes(...others));
    const refusing = await open(connectionString);
    await expect(refusing.subscription.ended).rejects.toThrow(/was made anew/);
    expect(await refusing.journal.history.state(nodeNamed('g3'))).toBeUndefined();
    await refusing.journal.upkeep.startLogEpoch({ subject: 'anna', reason: 'the topic was deleted' });
    await refusing.stop();
    const after = await open(connectionString);
    await after.decided(nodeNamed('g3'));
  });

  it('when an older database is restored, then it begins a new epoch, and what was done since is not done blindly', async () => {
    const original = await server.createDatabase();
    const [kept, gone] = nodes('r1', 'r2') as [NodeKey, NodeKey];
    await reportOn(kept);
    const before = await open(original);
    await before.decided(kept);
    const powerOff = commandOf(nodeNamed('r3'), 1, 'powerOff');
    const issued = batch([report(powerOff.node)], { decide: starting([powerOff]), group: 'beside the log' });
    await before.journal.journal.advance(issued);
    await before.stop();
    const restored = await server.copyDatabase(original);
    const later = await open(original);
    await reportOn(gone);
    const lostProcess = await later.decided(gone);
    await claimCommand(later.journal, powerOff.id, { now: Date.now() });
    await later.journal.commands.settle(resultOf(powerOff), Date.now());
    await later.stop();

    const after = await open(restored);
    expect(await after.journal.journal.installation()).toMatchObject({ epoch: 2, paused: true });
    // What was done since the copy was made is not known here: the machine is looked at before it is told anything.
    const queued = await after.journal.commands.claimable(Date.now(), 100);
    expect(queued.find(({ command }) => command.id === powerOff.id)).toMatchObject({
      unfinishedAttempt: true,
    });
    // The log still has it: it is read again, and gets ids that were never given out.
    expect(await after.decided(gone)).not.toBe(lostProcess);
    const both = await open(original);
    expect(await both.journal.journal.installation()).toMatchObject({ epoch: 1 });
  });
});
