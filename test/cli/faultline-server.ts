import { NodeLabels } from '../../services/node-labels.js';
import fastify from 'fastify';
import { expect, vi } from 'vitest';

import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../adapters/memory/journal.js';
import type { OpenJournal } from '../../adapters/journal/options.js';
import type { NewRecord } from '../../adapters/ports/event-log.js';
import type { History } from '../../adapters/ports/journal.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { parseConfiguration } from '../../cli/configuration/load.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { topicsOf } from '../../schemas/catalog.js';
import { consoleRoutes } from '../../services/console/console-routes.js';
import { EventStreams } from '../../services/console/events/event-streams.js';
import type { Operator } from '../../services/console/operators.js';
import { signalRecord } from '../../services/input-records.js';
import { intakeRoutes } from '../../services/intake/intake-routes.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import { countersInUse } from '../../services/guard/counters-in-use.js';
import { createNodeLook } from '../../services/guard/look-at-node.js';
import { consumeInputs } from '../../services/maintenance/consume-inputs.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import { runRelay } from '../../services/relay/run-relay.js';
import { Workload } from '../../services/workload.js';
import { silentLog } from '../services/silent-log.js';

export interface TestServer {
  readonly url: string;
  readonly history: History;
  readonly journal: OpenJournal;
  /** Reports through intake and waits until the report is decided. */
  report(node: string, type: string): Promise<void>;
  /** The active process of a node, once it has one. */
  processOn(node: string): Promise<string>;
  /** Puts a record into the dead letters of reports. */
  deadLetter(value: Buffer): Promise<void>;
  /** As if somebody had delivered to this subscriber by webhook. */
  enrolWebhook(name: string): Promise<void>;
  /** Puts records on their topics. */
  publish(records: readonly NewRecord[]): Promise<void>;
  /** As if its file had another policy, which does not hold. */
  refusePolicy(refused: { readonly reason: string; readonly since: number }): void;
  stop(): Promise<void>;
}

/**
 * Intake, maintenance and console over event log and journal in memory, on a free port. Nobody carries out commands, so
 * that every process stays in its first stage. What is decided is published only with a relay.
 */
export async function startTestServer(
  operators: readonly Operator[] = [],
  { relayed = false }: { readonly relayed?: boolean } = {},
): Promise<TestServer> {
  let refused: Parameters<TestServer['refusePolicy']>[0] | undefined;
  const { policy, guard } = parseConfiguration('{}', 'faultline.yaml');
  const eventLog = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await eventLog.ensureTopics(topicsOf(1));
  const schemaIds = bundledSchemaIds();
  const options = {
    clock: systemClock,
    randomness: systemRandomness,
    writer: createOutboxWriter({ source: '/faultline/test/maintenance', epoch: 1 }),
    partitionCount: 1,
    outboxPartitions: 1,
    verify: true,
  };
  const journal = createMemoryJournal(options, createMemoryStore(options));
  const { history } = journal;
  const consuming = consumeInputs({
    eventLog,
    journal: journal.journal,
    schemaIds,
    clock: systemClock,
    log: silentLog,
    rules: { policy, epoch: 1 },
    group: 'maintenance',
    maxBatchRecords: 100,
    lateAfterMs: 60_000,
  });
  const stopping = new AbortController();
  const relay = relayed
    ? runRelay({
        outbox: journal.outbox,
        eventLog,
        schemaIds,
        batchEntries: 500,
        takeOverMs: 2_000,
        clock: systemClock,
        randomness: systemRandomness,
        log: silentLog,
        signal: stopping.signal,
        workload: new Workload(),
      })
    : Promise.resolve();
  const server = fastify({ forceCloseConnections: true });
  const source = '/faultline/test';
  await server.register(intakeRoutes, {
    eventLog,
    schemaIds,
    clock: systemClock,
    randomness: systemRandomness,
    source,
    alertRules: {},
  });
  await server.register(consoleRoutes, {
    history,
    labels: new NodeLabels({
      inventory: journal.inventory,
      kept: () => ({ clusters: [], guard: { labels: ['rack'] } }),
      clock: systemClock,
      onError: () => undefined,
    }),
    epoch: 1,
    operators,
    deadLetters: { eventLog, book: journal.deadLetters, now: () => systemClock.now() },
    webhooks: {
      desk: journal.webhookDesk,
      eventLog,
      topicsOf: () => undefined,
      now: () => systemClock.now(),
      newId: () => systemRandomness.uuid(),
    },
    guard: {
      book: journal.guardBook,
      policies: journal.guardPolicies,
      policyNow: () => ({ version: 'v1', ...(refused === undefined ? {} : { refused }) }),
      changes: journal.changeBook,
      inventory: journal.inventory,
      clusters: ['a'],
      labels: () => ['rack'],
      countersInUse: () =>
        countersInUse({
          ...{ book: journal.guardBook, inventory: journal.inventory },
          ...{ policy: guard.policy, now: systemClock.now() },
        }),
      now: () => systemClock.now(),
      newId: () => systemRandomness.uuid(),
    },
    changes: {
      clusters: ['a', 'b'],
      book: journal.changeBook,
      permits: journal.commands,
      guard: createChangeGuard({
        inventory: journal.inventory,
        book: journal.guardBook,
        policy: () => guard.policy,
        clock: systemClock,
      }),
      healthOf: createNodeLook({
        ...{ inventory: journal.inventory, history, policy: () => guard.policy, clock: systemClock },
      }),
      isOnlyForHealthy: (operation) => guard.onlyHealthy.includes(operation),
      headStartMsOf: () => 0,
      soakMsOf: () => undefined,
      rolloutPauses: () => ['isolate'],
      clock: systemClock,
      newId: () => systemRandomness.uuid(),
    },
    streams: new EventStreams({
      eventLog,
      schemaIds,
      clock: systemClock,
      journal: { history, source },
      ringBytes: 1_000_000,
      heartbeatMs: 1_000,
      stallMs: 60_000,
      maximumStreams: 10,
    }),
    onError: (error) => {
      throw error;
    },
    sendOrder: async (node, signal, { causeId: id = systemRandomness.uuid() }) => {
      const origin = { id, source, at: Date.now() };
      await eventLog.append([await signalRecord(schemaIds, node, signal, origin)]);
      return { causeId: id };
    },
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const versionOf = async (node: string) => (await history.state(node as NodeKey))?.version ?? 0;
  return {
    url,
    history,
    journal,
    refusePolicy: (given) => {
      refused = given;
    },
    report: async (node, type) => {
      const [cluster, name] = node.split('/');
      const before = await versionOf(node);
      const body = JSON.stringify({ cluster, node: name, type, status: 'firing', source: 'test' });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/v1/reports`, { method: 'POST', headers, body });
      expect(answer.status).toBe(202);
      await vi.waitFor(async () => {
        expect(await versionOf(node)).toBeGreaterThan(before);
      });
    },
    processOn: async (node) => {
      return vi.waitFor(async () => {
        const process = (await history.state(node as NodeKey))?.process;
        if (process === undefined) throw new Error(`${node} has no process yet`);
        return process.id;
      });
    },
    enrolWebhook: (name) => journal.webhooks.enrol([name]),
    deadLetter: (value) => {
      const headers = { dlt_topic: 'fault.reports', dlt_partition: '0', dlt_offset: '0', dlt_reason: 'test' };
      return eventLog.append([{ topic: 'fault.reports.dlt', key: 'a/n1', value, headers }]);
    },
    publish: (records) => eventLog.append(records),
    stop: async () => {
      await server.close();
      await consuming.stop();
      stopping.abort();
      await relay;
      await journal.close();
      await eventLog.close();
    },
  };
}
