/** What each cluster can have its own way. */
export interface ClusterSettings {
  /** Node label that names its pool. */
  readonly poolLabel: string;
  /** Isolate control-plane and protected nodes too. */
  readonly isolateProtectedNodes: boolean;
}

/** How the executor of one installation behaves; complete. Times in ms. */
export interface ExecutorSettings extends ClusterSettings {
  /** Stands in our taints. */
  readonly installation: string;
  /** Where clusters differ, by their names; what is said above holds for all others. */
  readonly byCluster: Readonly<Record<string, ClusterSettings>>;
  /** Taints by which other software says that it is at work on a node. */
  readonly foreignMaintenanceTaints: readonly string[];
  /** Whether a pool's mode withholds what needs leave of the guard. */
  readonly poolWithholds: (pool: string | undefined) => boolean;
  /** Nodes under work at once; one command at a time per node. */
  readonly concurrency: number;
  /** A claim runs out after this; long effects prolong it. */
  readonly leaseMs: number;
  /** Between two looks at something that takes its time. */
  readonly pollMs: number;
  /** Power has to be seen Off (or On) within this. */
  readonly powerDeadlineMs: number;
  /** Pods of a machine that is off have to be gone within this. */
  readonly fenceDeadlineMs: number;
  /** Restart and reimage have to end within these. */
  readonly restartDeadlineMs: number;
  readonly reimageDeadlineMs: number;
  /** First and longest wait before something is tried again; full jitter between. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** Tries of one command, after which it fails. */
  readonly maximumTries: number;
}

export const defaultExecutorSettings: Omit<ExecutorSettings, 'installation'> = {
  poolLabel: 'faultline.dev/pool',
  isolateProtectedNodes: false,
  byCluster: {},
  foreignMaintenanceTaints: ['medik8s.io/drain', 'medik8s.io/remediation'],
  poolWithholds: () => false,
  concurrency: 16,
  leaseMs: 60_000,
  pollMs: 2_000,
  powerDeadlineMs: 120_000,
  fenceDeadlineMs: 15 * 60_000,
  restartDeadlineMs: 10 * 60_000,
  reimageDeadlineMs: 2 * 3_600_000,
  firstRetryMs: 500,
  longestRetryMs: 60_000,
  maximumTries: 20,
};

/** The settings that hold for one cluster. */
export function settingsFor(settings: ExecutorSettings, cluster: string): ExecutorSettings {
  const own = Object.hasOwn(settings.byCluster, cluster) ? settings.byCluster[cluster] : undefined;
  return own === undefined ? settings : { ...settings, ...own };
}
