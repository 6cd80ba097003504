import type { CauseId, ClusterName, NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import type { NodeChange } from '../../domain/signal.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ConditionRule } from './condition-rules.js';
import type { MemberLabels } from './fleet-member.js';
import { FleetWatch } from './fleet-watch.js';
import type { FoundOrphan } from './orphans.js';
import type { Remembered } from './sighting.js';

/** Complete. Times in ms. */
export interface DetectorSettings extends Omit<MemberLabels, 'guardLabels'> {
  /** Those that the guard's policy may name now: other ones than before have all nodes listed anew. */
  readonly guardLabels: () => readonly string[];
  readonly rules: readonly ConditionRule[];
  /** Name under which it reports. */
  readonly source: string;
  /** How often the inventory is said to be as fresh as the watch; one that was silent for so long has all listed anew. */
  readonly refreshMs: number;
  /** Stands in our taints. */
  readonly installation: string;
  /** A lease older than this means that the kubelet is silent; undefined: leases are not read. */
  readonly lease: { readonly staleMs: number; readonly checkMs: number } | undefined;
}

export interface DetectorOptions {
  readonly cluster: KubernetesCluster;
  readonly clusterName: ClusterName;
  readonly inventory: FleetInventory;
  /** Resolves when the log has the report. */
  readonly emitReport: (report: Report) => Promise<void>;
  /** Resolves when the log has the change. */
  readonly emitChange: (node: NodeKey, change: NodeChange, causeId: CauseId) => Promise<void>;
  /**
   * What the journal knows of the cluster's nodes, by node name; asked at each start. Without it, what was cleared or
   * deleted while no detector ran is not noticed by this one.
   */
  readonly remember?: () => Promise<ReadonlyMap<string, Remembered>>;
  /** The process that the journal runs for a node; without it no orphaned isolation is looked for. */
  readonly activeProcess?: (node: NodeKey) => Promise<ProcessId | undefined>;
  /** Resolves when the log has what was found. */
  readonly emitOrphan?: (found: FoundOrphan) => Promise<void>;
  /** Another number than before: input was lost, so everything that is seen has to be said anew. */
  readonly inputGaps?: () => Promise<number>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly settings: DetectorSettings;
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface RunningDetector {
  /** Resolves when it has stopped. Never rejects. */
  readonly ended: Promise<void>;
  /** True once the nodes have been listed and everything seen was said. */
  isReady(): boolean;
  /** Why the API server can't be watched just now; undefined: it is watched. */
  trouble(): string | undefined;
  /** Pieces of work that are not just waiting for time or news. */
  underWay(): number;
}

/**
 * Watches the nodes of one cluster and turns what it sees into reports and changes. What it says, the log has
 * acknowledged before the detector goes on: said again after a crash, it has the same id.
 */
export function runDetector(options: DetectorOptions): RunningDetector {
  const watch = new FleetWatch(options);
  return {
    ended: watch.run(),
    isReady: () => watch.isReady(),
    trouble: () => watch.trouble,
    underWay: () => watch.underWay(),
  };
}
