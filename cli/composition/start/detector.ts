import type { KubernetesCluster } from '../../../adapters/ports/kubernetes.js';
import type { FaultType } from '../../../domain/fault.js';
import { namesOf, type ClusterName } from '../../../domain/identifiers.js';
import type { ConditionRule } from '../../../services/detector/condition-rules.js';
import { runDetector } from '../../../services/detector/detector.js';
import type { Remembered } from '../../../services/detector/sighting.js';
import { everyState } from '../../../services/every-state.js';
import { reportRecord } from '../../../services/input-records.js';
import type { ClusterConfiguration, Configuration } from '../../configuration/configuration.js';
import { logOf, sendSignal, sourceOf, type RunningService, type ServiceContext } from './running-service.js';

/** What the journal knows of a cluster's nodes, so that a new detector notices what changed while none ran. */
async function rememberedNodes(
  context: ServiceContext,
  cluster: ClusterName,
): Promise<ReadonlyMap<string, Remembered>> {
  const { history } = context.connections.journal;
  const known = new Map<string, Remembered>();
  for await (const state of everyState(history, { cluster })) {
    known.set(namesOf(state.node).node, {
      ...(state.nodeUid === undefined ? {} : { nodeUid: state.nodeUid }),
      ...(state.bootId === undefined ? {} : { bootId: state.bootId }),
      ...(state.pool === undefined ? {} : { pool: state.pool }),
      openFaults: new Set(Object.keys(state.faults) as FaultType[]),
    });
  }
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

export function startDetector(
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
      guardLabels: () => context.guard().labels,
      installation: installation.id,
    },
    signal: context.signal,
    log: logOf(context, 'detector'),
  });
  return {
    name,
    ended: running.ended,
    problem: () => {
      if (!running.isReady()) return `${name} has not listed the nodes yet`;
      const trouble = running.trouble();
      return trouble === undefined ? undefined : `cluster ${cluster.name} does not answer: ${trouble}`;
    },
    underWay: () => running.underWay(),
  };
}
