import { runExecutor } from '../../../services/executor/executor.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
import { createChangeGuard } from '../../../services/guard/change-guard.js';
import { poolWithholds } from '../../../workflows/policy.js';
import { logOf, type RunningService, type ServiceContext } from './running-service.js';

export function startExecutor(context: ServiceContext): RunningService {
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
