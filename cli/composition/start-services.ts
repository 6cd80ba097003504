import type { Subscription } from '../../adapters/ports/event-log.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ServiceMetrics } from '../../adapters/ports/metrics.js';
import type { CauseId, ClusterName, NodeKey } from '../../domain/identifiers.js';
import type { Signal } from '../../domain/signal.js';
import { WakeUp } from '../../adapters/journal/wake-up.js';
import { namesOf } from '../../domain/identifiers.js';
import type { FaultType } from '../../domain/fault.js';
import { poolWithholds } from '../../workflows/policy.js';
import { defaultExecutorSettings } from '../../services/executor/settings.js';
import { runExecutor } from '../../services/executor/executor.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import type { ConditionRule } from '../../services/detector/condition-rules.js';
import { runDetector } from '../../services/detector/detector.js';
import type { Remembered } from '../../services/detector/sighting.js';
import { replyRecord, reportRecord, signalRecord } from '../../services/input-records.js';
import { consumeInputs } from '../../services/maintenance/consume-inputs.js';
import { keepUp } from '../../services/maintenance/upkeep.js';
import { retryParked } from '../../services/maintenance/retry-parked.js';
import { fireTimers } from '../../services/maintenance/fire-timers.js';
import { consumeRequests } from '../../services/migrator/consume-requests.js';
import { createMigrator } from '../../services/migrator/migrator.js';
import { runRelay } from '../../services/relay/run-relay.js';
import type { Supervision } from '../../services/supervision.js';
import { Workload } from '../../services/workload.js';
import { inputTopics, topicsOfEvent } from '../../schemas/catalog.js';
import { uuidFrom } from '../../schemas/uuid.js';
import type { ClusterConfiguration, Configuration } from '../configuration/configuration.js';
import type { Connections, Surroundings } from './connections.js';
import type { ServiceName } from './service-names.js';

/** One part at work. */
export interface RunningService {
  readonly name: string;
  /** Resolves when it has stopped; rejects when it can't go on and the process should exit. */
  readonly ended: Promise<void>;
  /** Why it can't work just now; undefined: it can. */
  problem(): string | undefined;
  /** Pieces of work under way that time must not jump over. */
  underWay(): number;
}

export interface ServiceContext {
  readonly configuration: Configuration;
  readonly connections: Connections;
  readonly surroundings: Surroundings;
  readonly installation: { readonly id: string; readonly epoch: number };
  readonly metrics: ServiceMetrics;
  readonly signal: AbortSignal;
}

const maintenanceGroup = 'maintenance';
const migratorGroup = 'migrator';

function logOf(context: ServiceContext, name: string): Log {
  return context.surroundings.logOf(name);
}

function supervisionOf(context: ServiceContext, name: string): Supervision {
  const { clock, randomness } = context.surroundings;
  return { clock, randomness, log: logOf(context, name), signal: context.signal, workload: new Workload() };
}

/** A loop as a service: it can always work, sooner or later. */
function supervised(name: string, ended: Promise<void>, { workload }: Supervision): RunningService {
  return { name, ended, problem: () => undefined, underWay: () => workload.active };
}

function sourceOf(context: ServiceContext, name: string): string {
  return `/faultline/${context.installation.id}/${name}`;
}

/** Writes a signal to the log; resolves when it is kept. The same id again is the same signal. */
async function sendSignal(
  { connections, surroundings, installation }: ServiceContext,
  sent: {
    readonly service: string;
    readonly node: NodeKey;
    readonly signal: Signal;
    readonly id: CauseId;
  },
): Promise<void> {
  const { service, node, signal, id } = sent;
  const origin = {
    id,
    source: `/faultline/${installation.id}/${service}`,
    at: surroundings.clock.now(),
  };
  await connections.eventLog.append([await signalRecord(connections.schemaIds, node, signal, origin)]);
}

/** A subscription as a service: it ends with the signal, and the process with it when it can't go on. */
function subscribed(
  name: string,
  subscription: Subscription,
  context: ServiceContext,
  underWay: () => number,
): RunningService {
  const stop = (): void => void subscription.stop();
  context.signal.addEventListener('abort', stop, { once: true });
  return {
    name,
    ended: subscription.ended,
    problem: () => (subscription.isHealthy() ? undefined : `${name} does not read its topics yet`),
    underWay,
  };
}

function startMaintenance(context: ServiceContext): readonly RunningService[] {
  const { configuration, connections, surroundings, installation } = context;
  const parkings = new WakeUp();
  const subscription = consumeInputs({
    eventLog: connections.eventLog,
    journal: connections.journal.journal,
    schemaIds: connections.schemaIds,
    clock: surroundings.clock,
    log: logOf(context, 'maintenance'),
    rules: { policy: configuration.policy, epoch: installation.epoch },
    group: maintenanceGroup,
    maxBatchRecords: 2_000,
    lateAfterMs: 5 * 60_000,
    metrics: context.metrics,
    onAdvanced: ({ parked }) => {
      if (parked > 0) parkings.announce();
    },
  });
  const timers = supervisionOf(context, 'timers');
  const parked = supervisionOf(context, 'parked nodes');
  const retries = retryParked({
    ...parked,
    history: connections.journal.history,
    send: (node, signal, id) => sendSignal(context, { service: 'upkeep', node, signal, id }),
    release: surroundings.version,
    awaitParked: (signal) => parkings.wait(signal),
    lookAgainMs: configuration.upkeepEveryMs,
  });
  return [
    subscribed('maintenance', subscription, context, () => 0),
    supervised('timers', fireTimers(connections.journal.timers, timers), timers),
    supervised('parked nodes', retries, parked),
    startUpkeep(context),
  ];
}

const dayMs = 86_400_000;
/** Two weeks of input topics (see the catalog) and a week to spare. */
const keepMs = 21 * dayMs;

function startUpkeep(context: ServiceContext): RunningService {
  const { configuration, connections } = context;
  const { journal, embeddedLog } = connections;
  const supervision = supervisionOf(context, 'upkeep');
  const ended = keepUp({
    ...supervision,
    commands: journal.commands,
    prune: (before) => journal.upkeep.prune(before),
    ...(embeddedLog === undefined ? {} : { removeExpired: () => embeddedLog.removeExpired() }),
    everyMs: configuration.upkeepEveryMs,
    keepMs,
  });
  return supervised('upkeep', ended, supervision);
}

function startRelay(context: ServiceContext): RunningService {
  const { connections } = context;
  const supervision = supervisionOf(context, 'relay');
  const ended = runRelay({
    ...supervision,
    outbox: connections.journal.outbox,
    eventLog: connections.eventLog,
    schemaIds: connections.schemaIds,
    batchEntries: 500,
    takeOverMs: 2_000,
    metrics: context.metrics,
  });
  return supervised('relay', ended, supervision);
}

function startExecutor(context: ServiceContext): RunningService {
  const { configuration, connections, surroundings, installation } = context;
  const { guard, executor, drivers } = configuration;
  const operations = Object.fromEntries(
    Object.entries(guard.operations).map(([name, limit]) => [
      name,
      { share: limit.share, rate: limit.rate, rateWindowMs: limit.perMs },
    ]),
  ) as Parameters<typeof createChangeGuard>[0]['policy']['operations'];
  const running = runExecutor({
    queue: connections.journal.commands,
    clusters: connections.clusters,
    ...(connections.power === undefined ? {} : { power: connections.power }),
    ...(connections.tickets === undefined ? {} : { tickets: connections.tickets }),
    ...(connections.actions === undefined ? {} : { actions: connections.actions }),
    guard: createChangeGuard({
      inventory: connections.journal.inventory,
      policy: {
        inventoryMaximumAgeMs: guard.inventoryMaximumAgeMs,
        askAgainMs: 15_000,
        operations,
        byCluster: {},
      },
    }),
    clock: surroundings.clock,
    randomness: surroundings.randomness,
    settings: {
      ...defaultExecutorSettings,
      installation: installation.id,
      byCluster: Object.fromEntries(
        configuration.clusters.map(({ name, poolLabel, allowControlPlane }) => [
          name,
          { poolLabel, isolateProtectedNodes: allowControlPlane },
        ]),
      ),
      poolWithholds: (pool) => poolWithholds(configuration.policy, pool),
      concurrency: executor.concurrency,
      leaseMs: executor.attemptLeaseMs,
      pollMs: drivers.redfish.observeEveryMs,
      powerDeadlineMs: drivers.redfish.observeDeadlineMs,
    },
    signal: context.signal,
    log: logOf(context, 'executor'),
    metrics: context.metrics,
  });
  return {
    name: 'executor',
    ended: running.ended,
    problem: () => undefined,
    underWay: () => running.underWay(),
  };
}

/** What the journal knows of a cluster's nodes, so that a new detector notices what changed while none ran. */
async function rememberedNodes(
  context: ServiceContext,
  cluster: ClusterName,
): Promise<ReadonlyMap<string, Remembered>> {
  const { history } = context.connections.journal;
  const known = new Map<string, Remembered>();
  let after: string | undefined;
  do {
    const page = await history.states({ cluster, limit: 1_000, ...(after === undefined ? {} : { after }) });
    for (const state of page.rows) {
      known.set(namesOf(state.node).node, {
        ...(state.nodeUid === undefined ? {} : { nodeUid: state.nodeUid }),
        ...(state.bootId === undefined ? {} : { bootId: state.bootId }),
        ...(state.pool === undefined ? {} : { pool: state.pool }),
        openFaults: new Set(Object.keys(state.faults) as FaultType[]),
      });
    }
    after = page.next;
  } while (after !== undefined);
  return known;
}

/** The configuration lists bad values one by one; the good value is the one that no line calls bad. */
function conditionRules(conditions: Configuration['detector']['conditions']): readonly ConditionRule[] {
  const rules = new Map<string, ConditionRule>();
  for (const { condition, status, faultType } of conditions) {
    const key = `${condition} ${faultType}`;
    const bad = [...(rules.get(key)?.bad ?? []), status];
    rules.set(key, { condition, faultType, bad, good: bad.includes('False') ? 'True' : 'False' });
  }
  return [...rules.values()];
}

function startDetector(
  context: ServiceContext,
  cluster: ClusterConfiguration,
  api: KubernetesCluster,
): RunningService {
  const { configuration, connections, surroundings, installation } = context;
  const { clock, randomness } = surroundings;
  const { detector } = configuration;
  const { eventLog, schemaIds } = connections;
  const source = sourceOf(context, 'detector');
  const name = `detector of ${cluster.name}`;
  const running = runDetector({
    cluster: api,
    clusterName: cluster.name,
    inventory: connections.journal.inventory,
    emitReport: async (report) => {
      await eventLog.append([
        await reportRecord(schemaIds, report, { id: report.id, source, at: clock.now() }),
      ]);
      context.metrics.detectorReported(cluster.name);
    },
    emitChange: (node, change, id) =>
      sendSignal(context, { service: 'detector', node, signal: { kind: 'NodeChanged', change }, id }),
    remember: () => rememberedNodes(context, cluster.name),
    activeProcess: async (node) => (await connections.journal.history.state(node))?.process?.id,
    emitOrphan: ({ node, orphan, causeId: id }) =>
      sendSignal(context, { service: 'detector', node, signal: { kind: 'OrphanFound', orphan }, id }),
    inputGaps: () => connections.journal.upkeep.inputGaps(),
    clock,
    randomness,
    settings: {
      rules: conditionRules(detector.conditions),
      source: 'detector',
      refreshMs: detector.inventoryRefreshEveryMs,
      lease: { staleMs: detector.leaseStaleAfterMs, checkMs: detector.leaseCheckEveryMs },
      poolLabel: cluster.poolLabel,
      zoneLabel: cluster.zoneLabel,
      installation: installation.id,
    },
    signal: context.signal,
    log: logOf(context, 'detector'),
  });
  return {
    name,
    ended: running.ended,
    problem: () => (running.isReady() ? undefined : `${name} has not listed the nodes yet`),
    underWay: () => running.underWay(),
  };
}

function startMigrator(context: ServiceContext): RunningService {
  const { connections, surroundings } = context;
  const { clock, randomness } = surroundings;
  const { eventLog, schemaIds } = connections;
  const source = sourceOf(context, 'migrator');
  const log = logOf(context, 'migrator');
  const migrator = createMigrator({
    clusters: connections.clusters,
    clock,
    randomness,
    reply: async (node, reply) => {
      const id = uuidFrom(`${reply.requestId}\n${reply.pod.uid}\n${reply.status}`);
      const origin = { id, source, at: clock.now(), correlationId: reply.processId };
      await eventLog.append([await replyRecord(schemaIds, node, reply, origin)]);
      context.metrics.podReplied(reply.status);
    },
    signal: context.signal,
    log,
    name: 'faultline-migrator',
    pollMs: 5_000,
    firstRetryMs: 1_000,
    longestRetryMs: 30_000,
  });
  const subscription = consumeRequests({
    eventLog,
    journal: connections.journal.journal,
    schemaIds,
    migrator,
    group: migratorGroup,
    clock,
    log,
  });
  return subscribed('migrator', subscription, context, () => migrator.underWay());
}

/** Who reads what, in this installation. */
export const readers = [
  { group: maintenanceGroup, topics: inputTopics },
  { group: migratorGroup, topics: topicsOfEvent('MigrationRequested') },
] as const;

/** Groups whose unread records keep a jumping clock still. */
export const consumerGroups: readonly string[] = [maintenanceGroup, migratorGroup];

/** Starts the parts that work in the background; intake and console share the HTTP listener and are started there. */
export function startServices(
  context: ServiceContext,
  wanted: ReadonlySet<ServiceName>,
): readonly RunningService[] {
  const running: RunningService[] = [];
  if (wanted.has('maintenance')) running.push(...startMaintenance(context));
  if (wanted.has('relay')) running.push(startRelay(context));
  if (wanted.has('executor')) running.push(startExecutor(context));
  if (wanted.has('migrator')) running.push(startMigrator(context));
  if (wanted.has('detector')) {
    for (const cluster of context.configuration.clusters) {
      const api = context.connections.clusters.get(cluster.name);
      if (api !== undefined) running.push(startDetector(context, cluster, api));
    }
  }
  return running;
}
