import type { FaultType } from '../../domain/fault.js';
import { namesOf } from '../../domain/identifiers.js';
import { defaultConditionRules } from '../../services/detector/condition-rules.js';
import { runDetector } from '../../services/detector/detector.js';
import type { Remembered } from '../../services/detector/sighting.js';
import { reportRecord, signalRecord } from '../../services/input-records.js';
import { clusterName } from '../world/site.js';
import { schemaIds, type Ports } from './ports.js';
import type { Start } from './running.js';

export const startDetector: Start = ({ settings, site, store }, ports) => {
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
      site.tell({ kind: 'acknowledged', reportId: report.id });
    },
    emitChange: async (node, change, id) => {
      const origin = { id, source, at: clock.now() };
      await eventLog.append([await signalRecord(schemaIds, node, { kind: 'NodeChanged', change }, origin)]);
    },
    activeProcess: async (node) => (await journal.history.state(node))?.process?.id,
    emitOrphan: async ({ node, orphan, causeId: id }) => {
      const origin = { id, source, at: clock.now() };
      await eventLog.append([await signalRecord(schemaIds, node, { kind: 'OrphanFound', orphan }, origin)]);
    },
    remember: () => rememberedNodes(ports),
    settings: {
      rules: defaultConditionRules,
      source: 'detector',
      refreshMs: settings.inventoryRefreshMs,
      lease: settings.lease,
      poolLabel: settings.executor.poolLabel,
      zoneLabel: settings.zoneLabel,
      guardLabels: () => settings.guardLabels,
      installation: store.installation.id,
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
