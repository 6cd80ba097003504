import type { BootId, ClusterName, NodeName, ReportId } from './identifiers.js';

/**
 * One raw observation of one node. `bootId` and `sequence` are how staleness is told: the agent's own clock
 * (`observedAt`) is only data and never orders anything.
 */
export interface Report {
  readonly id: ReportId;
  readonly cluster: ClusterName;
  readonly node: NodeName;
  /** A fault type, or whatever text a raw producer wrote: the core records unknown ones as such. */
  readonly type: string;
  readonly status: 'firing' | 'cleared';
  /** Who says so: an agent's, detector's or person's name. */
  readonly source: string;
  readonly bootId?: BootId;
  /** The source's own counter within one boot. */
  readonly sequence?: number;
  /** RFC 3339, the source's clock. */
  readonly observedAt?: string;
  readonly message?: string;
  readonly evidence?: Readonly<Record<string, string>>;
}

/** What became of a report. Every acknowledged report gets exactly one fate, or ends as a dead letter. */
export const reportFates = ['opened', 'recurred', 'repeated', 'cleared', 'ignored'] as const;
export type ReportFate = (typeof reportFates)[number];

/** Why a report was ignored. */
export const ignoredReasons = [
  'UnknownFaultType',
  'NotOpen',
  'StaleBoot',
  'StaleSequence',
  'Settling',
  // It says that a fault is over which comes and goes: that is seen by looking at the node.
  'Flapping',
  'Duplicate',
  'NodeParked',
] as const;
export type IgnoredReason = (typeof ignoredReasons)[number];
