import type { ServiceName } from './service-names.js';
import { startDetector } from './start/detector.js';
import { startExecutor } from './start/executor.js';
import { startGuardWatches } from './start/guard-watches.js';
import { startMaintenance } from './start/maintenance.js';
import { startMigrator } from './start/migrator.js';
import { startNodeStates } from './start/node-states.js';
import { startRelay } from './start/relay.js';
import { startTracer } from './start/tracer.js';
import { startWebhooks } from './start/webhooks.js';
import type { RunningService, ServiceContext } from './start/running-service.js';

/** Starts the parts that work in the background; intake and console share the HTTP listener and are started there. */
export function startServices(
  context: ServiceContext,
  wanted: ReadonlySet<ServiceName>,
): readonly RunningService[] {
  const running: RunningService[] = [];
  if (wanted.has('maintenance')) running.push(...startMaintenance(context));
  if (wanted.has('relay')) running.push(startRelay(context));
  if (wanted.has('executor')) running.push(startExecutor(context), ...startGuardWatches(context));
  if (wanted.has('migrator')) running.push(startMigrator(context));
  if (wanted.has('tracer')) running.push(...startTracer(context));
  if (wanted.has('webhooks')) running.push(startWebhooks(context));
  if (wanted.has('node-states')) running.push(startNodeStates(context));
  if (wanted.has('detector')) {
    for (const cluster of context.configuration.clusters) {
      const api = context.connections.clusters.get(cluster.name);
      if (api !== undefined) running.push(startDetector(context, cluster, api));
    }
  }
  return running;
}
