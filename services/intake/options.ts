import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import type { IntakeMetrics } from '../../adapters/ports/metrics.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type { FaultType } from '../../domain/fault.js';
import type { NodeKey } from '../../domain/identifiers.js';

/** About whom the bearer of a token may report. */
export interface TokenGrant {
  readonly nodes: 'all' | readonly NodeKey[];
}

export interface IntakeOptions {
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly schemaIds: SchemaIds;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomness: Pick<Randomness, 'uuid'>;
  /** CloudEvents source of what is taken, for instance `/faultline/prod-1/intake`. */
  readonly source?: string;
  /** Bearer tokens. Without any, everyone who can connect may report. */
  readonly tokens?: ReadonlyMap<string, TokenGrant>;
  /** Fault type by alert name, for alerts without the label `faultType`. */
  readonly alertRules?: Readonly<Record<string, FaultType>>;
  /** Cluster of alerts without the label `cluster`. */
  readonly defaultCluster?: string;
  readonly bodyLimitBytes?: number;
  /** Reports that may wait for the event log before senders are asked to come again. */
  readonly maximumWaiting?: number;
  readonly metrics?: IntakeMetrics;
}
