import type { OpenJournal, OpenWebhooks } from '../../adapters/journal/options.js';
import type { ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { FigureReader } from '../../adapters/ports/figures.js';
import { CountedSchemaIds } from '../../adapters/schema-registry/counted.js';
import type { SpanExporter } from '../../adapters/ports/spans.js';
import { openPostgresFigures } from '../../adapters/postgres/figures/figures.js';
import type { Configuration } from '../configuration/configuration.js';
import { connectionStringOf, openJournal } from './journal-connection.js';
import { openClusters } from './open-clusters.js';
import { openDrivers, type Drivers } from './open-drivers.js';
import { openEventLog, type OpenEventLog } from './open-event-log.js';
import { openSchemaIds } from './open-schema-ids.js';
import { openMetricSource, type OpenMetricSource } from './open-metric-source.js';
import { openSpanExporter } from './open-span-exporter.js';
import type { Surroundings } from './surroundings.js';

/** Everything outside that one process of Faultline holds on to. */
export interface Connections extends OpenEventLog, Drivers {
  readonly journal: OpenJournal & OpenWebhooks;
  readonly figures: FigureReader;
  readonly schemaIds: CountedSchemaIds;
  readonly clusters: ReadonlyMap<string, ConnectedCluster>;
  readonly spans: SpanExporter | undefined;
  readonly metricSource: OpenMetricSource | undefined;
  /** In the reverse order of opening. */
  close(): Promise<void>;
}

/**
 * Opens everything that the configuration names. What was opened is closed again when something else can't be; the
 * error says which dependency, where, and what to do.
 */
export async function openConnections(
  configuration: Configuration,
  surroundings: Surroundings,
): Promise<Connections> {
  const closers: (() => Promise<void>)[] = [];
  const opened = (close: () => Promise<void>): void => void closers.unshift(close);
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0)) await closer();
  };
  try {
    const { environment } = surroundings;
    // What only reads files comes first: nothing is started for an installation that can't run.
    const clusters = new Map<string, ConnectedCluster>();
    opened(async () => {
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    });
    await openClusters(configuration, surroundings, clusters);
    const metricSource = openMetricSource(configuration, environment);
    if (metricSource !== undefined) opened(() => metricSource.close());
    const connectionString = await connectionStringOf(configuration, environment, opened);
    const log = await openEventLog(configuration, surroundings, connectionString, opened);
    const journal = await openJournal(configuration, surroundings, connectionString);
    opened(() => journal.close());
    const figures = openPostgresFigures(connectionString);
    opened(() => figures.close());
    const schemaIds = new CountedSchemaIds(await openSchemaIds(configuration, surroundings));
    const drivers = openDrivers(configuration, environment);
    const { power, tickets, actions } = drivers;
    for (const driver of [power, tickets, actions]) if (driver !== undefined) opened(() => driver.close());
    const spans = openSpanExporter(configuration, surroundings);
    if (spans !== undefined) opened(() => spans.close());
    return {
      ...log,
      ...drivers,
      journal,
      figures,
      schemaIds,
      clusters,
      spans,
      metricSource,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
