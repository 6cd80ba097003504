import { consumeRequests } from '../../services/migrator/consume-requests.js';
import { createMigrator } from '../../services/migrator/migrator.js';
import { replyToRequest } from '../../services/migrator/reply-to-request.js';
import { runRelay } from '../../services/relay/run-relay.js';
import { clusterName } from '../world/site.js';
import { startDetector } from './detector.js';
import { startExecutor, startExecutorWithDetector } from './executor.js';
import { intakeOf } from './intake.js';
import { startMaintenance } from './maintenance.js';
import { schemaIds, silent } from './ports.js';
import type { Start } from './running.js';

const startRelay: Start = ({ settings }, { eventLog, journal, supervision }) => ({
  ended: runRelay({
    ...supervision,
    outbox: journal.outbox,
    eventLog,
    schemaIds,
    batchEntries: settings.batchRecords,
    takeOverMs: settings.takeOverMs,
  }),
  subscriptions: [],
});

const startMigrator: Start = (_installation, { eventLog, journal, cluster, clock, supervision }) => {
  const source = '/faultline/simulated/migrator';
  const migrator = createMigrator({
    ...supervision,
    clusters: new Map<string, typeof cluster>([[clusterName, cluster]]),
    reply: async (request, reply) => {
      const said = { source, at: clock.now() };
      await eventLog.append([await replyToRequest(schemaIds, request, reply, said)]);
    },
    name: 'migrator',
    pollMs: 5_000,
    firstRetryMs: 1_000,
    longestRetryMs: 30_000,
  });
  const subscription = consumeRequests({
    eventLog,
    journal: journal.journal,
    schemaIds,
    migrator,
    group: 'migrator',
    clock,
    log: silent,
  });
  return { ended: subscription.ended, subscriptions: [subscription] };
};

const startIntake: Start = (_installation, ports) => ({
  ended: abortOf(ports.supervision.signal),
  subscriptions: [],
  intake: intakeOf(ports),
});

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Parts by name, in as many copies as run. */
export type Parts = Readonly<Record<string, Start>>;

/** One copy of each part. */
export const oneOfEach: Parts = {
  'intake-1': startIntake,
  'maintenance-1': startMaintenance,
  'relay-1': startRelay,
  'executor-1': startExecutor,
  'detector-1': startDetector,
  'migrator-1': startMigrator,
};

/** Every part of an installation, in as many copies as may run. */
export const everyPart: Parts = {
  'intake-1': startIntake,
  'intake-2': startIntake,
  'maintenance-1': startMaintenance,
  'maintenance-2': startMaintenance,
  'relay-1': startRelay,
  'relay-2': startRelay,
  'executor-1': startExecutor,
  'executor-2': startExecutorWithDetector,
  'detector-1': startDetector,
  'migrator-1': startMigrator,
  'migrator-2': startMigrator,
};
