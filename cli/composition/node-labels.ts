import type { Clock } from '../../adapters/ports/clock.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import { NodeLabels, type KeptLabels } from '../../services/node-labels.js';
import type { Configuration } from '../configuration/configuration.js';

export interface NodeLabelsGiven {
  readonly configuration: Configuration;
  readonly inventory: Pick<FleetInventory, 'places'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Those of the policy in force. */
  readonly guardLabels: () => readonly string[];
  readonly onError: (error: unknown) => void;
}

/** Those that the detector keeps by this configuration. */
export function keptLabels({ clusters, guard }: Pick<Configuration, 'clusters' | 'guard'>): KeptLabels {
  return { clusters, guardLabels: guard.labels };
}

/** Nodes by those labels that the detector keeps of them by this configuration. */
export function nodeLabels({ configuration, guardLabels, ...given }: NodeLabelsGiven): NodeLabels {
  return new NodeLabels({
    ...given,
    kept: () => ({ clusters: configuration.clusters, guardLabels: guardLabels() }),
  });
}
