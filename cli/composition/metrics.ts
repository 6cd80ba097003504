import { LogWatch } from '../../adapters/event-log/log-watch.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ServiceMetrics } from '../../adapters/ports/metrics.js';
import { createPrometheusMetrics } from '../../adapters/prometheus/prometheus-metrics.js';
import type { Configuration } from '../configuration/configuration.js';
import type { Connections } from './connections.js';
import type { ServiceName } from './service-names.js';
import { ShownFigures } from './shown-figures.js';
import { readersOf } from './start/consumer-groups.js';
import type { Surroundings } from './surroundings.js';

/** What one process tells of itself. */
export interface InstallationMetrics {
  readonly services: ServiceMetrics;
  /** @param ready each part of this process, and whether it can work just now */
  render(
    ready: ReadonlyMap<string, boolean>,
  ): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Who decides or shows also counts: two services, so that the figures outlive either, and not all, to spare the journal. */
function counts(wanted: ReadonlySet<ServiceName>): boolean {
  return wanted.has('maintenance') || wanted.has('console');
}

function troubleTold(log: Log): (error: unknown) => void {
  return (error) => {
    log.warn({ error: String(error) }, 'journal or log could not be counted for /metrics');
  };
}

export function startMetrics(parts: {
  readonly configuration: Configuration;
  readonly connections: Connections;
  readonly surroundings: Surroundings;
  readonly wanted: ReadonlySet<ServiceName>;
}): InstallationMetrics {
  const { configuration, connections, surroundings, wanted } = parts;
  const prometheus = createPrometheusMetrics({
    version: surroundings.version,
    clusters: configuration.clusters,
  });
  const shown = counts(wanted)
    ? new ShownFigures({
        reader: connections.figures,
        watch: new LogWatch(connections.eventLog, readersOf(configuration)),
        metrics: prometheus.showFigures(),
        clock: surroundings.clock,
        onTrouble: troubleTold(surroundings.log),
      })
    : undefined;
  return {
    services: prometheus.services,
    render: async (ready) => {
      prometheus.schemaProblems(connections.schemaIds.problems);
      for (const [service, isReady] of ready) prometheus.serviceReady(service, isReady);
      await shown?.refresh();
      return prometheus.render();
    },
  };
}
