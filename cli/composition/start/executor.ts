import { runExecutor } from '../../../services/executor/executor.js';
import { createChangeGuard } from '../../../services/guard/change-guard.js';
import { heedLeases } from '../../../services/guard/heed-leases.js';
import { leasesOf } from '../node-leases.js';
import { executorSettings } from './executor-settings.js';
import { logOf, type RunningService, type ServiceContext } from './running-service.js';

export function startExecutor(context: ServiceContext): RunningService {
  const { configuration, connections, surroundings, installation } = context;
  const leases = leasesOf(context);
  const running = runExecutor({
    queue: connections.journal.commands,
    clusters: connections.clusters,
    ...(connections.power === undefined ? {} : { power: connections.power }),
    ...(connections.tickets === undefined ? {} : { tickets: connections.tickets }),
    ...(connections.actions === undefined ? {} : { actions: connections.actions }),
    guard: heedLeases(
      createChangeGuard({
        inventory: connections.journal.inventory,
        book: connections.journal.guardBook,
        policy: () => context.guard().policy,
        clock: surroundings.clock,
      }),
      leases,
    ),
    leases,
    firstLooks: context.looks,
    clock: surroundings.clock,
    randomness: surroundings.randomness,
    settings: { ...executorSettings(configuration), installation: installation.id },
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
