import { watchMetrics } from '../../../services/guard/metrics/watch-metrics.js';
import { watchFleet } from '../../../services/guard/watch-fleet.js';
import { leasesOf } from '../node-leases.js';
import { startLeases } from './leases.js';
import { startPermits } from './permits.js';
import {
  sendSignal,
  supervised,
  supervisionOf,
  type RunningService,
  type ServiceContext,
} from './running-service.js';

/** Runs with every executor: whoever acts also watches that it is not too much, and that the business stands it. */
export function startGuardWatches(context: ServiceContext): readonly RunningService[] {
  const metrics = startMetricWatch(context);
  return [
    startFleetWatch(context),
    ...(metrics === undefined ? [] : [metrics]),
    ...startNodeWatches(context),
  ];
}

/** What others see on nodes, where something may be written on them. */
function startNodeWatches(context: ServiceContext): readonly RunningService[] {
  const leases = leasesOf(context);
  const active = context.configuration.clusters.filter(({ mayAct }) => mayAct);
  return active.flatMap(({ name }) => {
    const api = context.connections.clusters.get(name);
    const ofCluster = leases.get(name);
    return [
      ...(api === undefined ? [] : [startPermits(context, api)]),
      ...(ofCluster === undefined ? [] : [startLeases(context, name, ofCluster)]),
    ];
  });
}

function startMetricWatch(context: ServiceContext): RunningService | undefined {
  const { configuration, connections } = context;
  const { prometheus } = configuration.guard;
  const { guardBook: book, changeBook: changes, inventory } = connections.journal;
  const source = connections.metricSource;
  if (prometheus === undefined || source === undefined) return undefined;
  const supervision = supervisionOf(context, 'guard');
  const ended = watchMetrics({
    ...supervision,
    ...{ book, changes, inventory, source },
    metricsNow: () => context.guard().policy.business.metrics,
    readEveryMs: prometheus.readEveryMs,
  });
  return supervised('guard-metrics', ended, supervision);
}

function startFleetWatch(context: ServiceContext): RunningService {
  const { connections } = context;
  const { guardBook: book, changeBook: changes, inventory } = connections.journal;
  const supervision = supervisionOf(context, 'guard');
  const ended = watchFleet({
    ...supervision,
    ...{ book, changes, inventory, metrics: context.metrics, news: connections.journal.pauseNews },
    rules: () => {
      const { breakers, lookEveryMs, policy } = context.guard();
      return { breakers, lookEveryMs, metrics: policy.business.metrics };
    },
    order: (node, order, id) =>
      sendSignal(context, { service: 'guard', node, signal: { kind: 'Order', order }, id }),
  });
  return supervised('guard', ended, supervision);
}
