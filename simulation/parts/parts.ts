import type { Subscription } from '../../adapters/ports/event-log.js';
import type { FaultType } from '../../domain/fault.js';
import { namesOf } from '../../domain/identifiers.js';
import { defaultConditionRules } from '../../services/detector/condition-rules.js';
import { runDetector } from '../../services/detector/detector.js';
import type { Remembered } from '../../services/detector/sighting.js';
import { runExecutor } from '../../services/executor/executor.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import type { IntakeRequests } from '../../services/intake/answer-requests.js';
import { reportRecord, signalRecord } from '../../services/input-records.js';
import { consumeInputs } from '../../services/maintenance/consume-inputs.js';
import { fireTimers } from '../../services/maintenance/fire-timers.js';
import { keepUp } from '../../services/maintenance/upkeep.js';
import { consumeRequests } from '../../services/migrator/consume-requests.js';
import { createMigrator } from '../../services/migrator/migrator.js';
import { replyToRequest } from '../../services/migrator/reply-to-request.js';
import { runRelay } from '../../services/relay/run-relay.js';
import { clusterName } from '../world/site.js';
import { intakeOf } from './intake.js';
import { epoch, schemaIds, silent, type Installation, type Ports } from './ports.js';

/** A part at work. */
export interface Running {
  /** Resolves when it has stopped; rejects when its process would exit. */
  readonly ended: Promise<unknown>;
  readonly subscriptions: readonly Subscription[];
  /** Takes requests of agents and monitoring. */
  readonly intake?: IntakeRequests;
}

export type Start = (installation: Installation, ports: Ports) => Running;

/** Decides, fires timers and keeps up. */
const startMaintenance: Start = (installation, { eventLog, journal, clock, supervision }) => {
  const subscription = consumeInputs({
    eventLog,
    journal: journal.journal,
    schemaIds,
    clock,
    rules: { policy: installation.policy, epoch },
    group: 'maintenance',
    maxBatchRecords: installation.settings.batchRecords,
    lateAfterMs: 5 * 60_000,
    log: silent,
  });
  const timers = fireTimers(journal.timers, supervision);
  const upkeep = keepUp({
    ...supervision,
    commands: journal.commands,
    prune: (before) => (installation.settings.prunes ? journal.upkeep.prune(before) : Promise.resolve()),
    everyMs: installation.settings.upkeepEveryMs,
    keepMs: 21 * 24 * 3_600_000,
  });
  return { ended: Promise.all([subscription.ended, timers, upkeep]), subscriptions: [subscription] };
};

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

const startExecutor: Start = (installation, ports) => {
  const { journal, cluster, power, tickets, actions, clock, supervision } = ports;
  const { ended } = runExecutor({
    queue: journal.commands,
    clusters: new Map<string, typeof cluster>([[clusterName, cluster]]),
    power,
    tickets,
    actions,
    guard: createChangeGuard({ inventory: journal.inventory, policy: installation.settings.guard }),
    clock,
    randomness: supervision.randomness,
    settings: { ...installation.settings.executor, installation: installation.store.installation.id },
    signal: supervision.signal,
    log: silent,
  });
  return { ended, subscriptions: [] };
};

const startDetector: Start = (installation, ports) => {
  const { journal, eventLog, cluster, clock, supervision } = ports;
  const source = '/faultline/simulated/detector';
  const { ended } = runDetector({
    ...supervision,
    cluster,
    clusterName,
    inventory: journal.inventory,
    emitReport: async (report) => {
      await eventLog.append([
        await reportRecord(schemaIds, report, { id: report.id, source, at: clock.now() }),
      ]);
      installation.site.tell({ kind: 'acknowledged', reportId: report.id });
    },
    emitChange: async (node, change, id) => {
      const origin = { id, source, at: clock.now() };
      await eventLog.append([await signalRecord(schemaIds, node, { kind: 'NodeChanged', change }, origin)]);
    },
    remember: () => rememberedNodes(ports),
    settings: {
      rules: defaultConditionRules,
      source: 'detector',
      refreshMs: installation.settings.inventoryRefreshMs,
      lease: undefined,
      poolLabel: installation.settings.executor.poolLabel,
      zoneLabel: installation.settings.zoneLabel,
      installation: installation.store.installation.id,
    },
  });
  return { ended, subscriptions: [] };
};

async function rememberedNodes({ journal }: Ports): Promise<ReadonlyMap<string, Remembered>> {
  const { rows } = await journal.history.states({ limit: 1_000 });
  return new Map(
    rows.map((state) => [
      namesOf(state.node).node,
      {
        ...(state.nodeUid === undefined ? {} : { nodeUid: state.nodeUid }),
        ...(state.bootId === undefined ? {} : { bootId: state.bootId }),
        openFaults: new Set(Object.keys(state.faults) as FaultType[]),
      },
    ]),
  );
}

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
  'executor-2': startExecutor,
  'detector-1': startDetector,
  'migrator-1': startMigrator,
  'migrator-2': startMigrator,
};
