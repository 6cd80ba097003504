import { runExecutor } from '../../services/executor/executor.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import { watchMetrics } from '../../services/guard/metrics/watch-metrics.js';
import { watchFleet } from '../../services/guard/watch-fleet.js';
import { signalRecord } from '../../services/input-records.js';
import type { Signal } from '../../domain/signal.js';
import { clusterName } from '../world/site.js';
import { startDetector } from './detector.js';
import { schemaIds, silent, type InstallationSettings, type Ports } from './ports.js';
import type { Start } from './running.js';

export const startExecutor: Start = ({ settings, store }, ports) => {
  const { journal, eventLog, cluster, power, tickets, actions, clock, supervision } = ports;
  const executor = runExecutor({
    queue: journal.commands,
    clusters: new Map<string, typeof cluster>([[clusterName, cluster]]),
    power,
    tickets,
    actions,
    guard: createChangeGuard({
      inventory: journal.inventory,
      book: journal.guardBook,
      policy: () => settings.guard,
      clock,
    }),
    clock,
    randomness: supervision.randomness,
    settings: { ...settings.executor, installation: store.installation.id },
    signal: supervision.signal,
    log: silent,
  });
  const guard = watchFleet({
    ...supervision,
    book: journal.guardBook,
    changes: journal.changeBook,
    inventory: journal.inventory,
    news: journal.pauseNews,
    rules: () => ({
      ...{ breakers: settings.breakers, lookEveryMs: settings.guardLookMs },
      metrics: settings.guard.business.metrics,
    }),
    order: async (node, order, id) => {
      const signal: Signal = { kind: 'Order', order };
      const origin = { id, source: 'guard', at: clock.now() };
      await eventLog.append([await signalRecord(schemaIds, node, signal, origin)]);
    },
  });
  return {
    ended: Promise.all([executor.ended, guard, startMetricWatch(settings, ports)]),
    subscriptions: [],
  };
};

function startMetricWatch(
  { guard }: InstallationSettings,
  { journal, business, supervision }: Ports,
): Promise<void> {
  if (business === undefined) return Promise.resolve();
  return watchMetrics({
    ...supervision,
    ...{ book: journal.guardBook, changes: journal.changeBook, inventory: journal.inventory },
    ...{ ...business, metricsNow: () => guard.business.metrics },
  });
}

/** Both in one process, as where all services run together: the executor acts by what the detector's watch saw. */
export const startExecutorWithDetector: Start = (installation, ports) => {
  const both = [startExecutor(installation, ports), startDetector(installation, ports)];
  return { ended: Promise.all(both.map(({ ended }) => ended)), subscriptions: [] };
};
