import type { BootId, FaultId, NodeUid, ReportId } from './identifiers.js';

/** What a fault touches; decides the topic it is published on. */
export const faultClasses = ['hardware', 'system', 'component'] as const;
export type FaultClass = (typeof faultClasses)[number];

/** Every fault type that Faultline knows, with its class. A report of any other type is refused or recorded as such. */
export const classOfFaultType = {
  CpuFailure: 'hardware',
  MemoryFailure: 'hardware',
  DiskFailure: 'hardware',
  PowerFailure: 'hardware',
  NetworkFailure: 'hardware',
  KernelDeadlock: 'system',
  ReadonlyFilesystem: 'system',
  NodeNotReady: 'system',
  Undetermined: 'system',
  RuntimeUnhealthy: 'component',
  KubeletUnhealthy: 'component',
} as const satisfies Record<string, FaultClass>;

export type FaultType = keyof typeof classOfFaultType;

export const faultTypes = Object.keys(classOfFaultType) as readonly FaultType[];

export function isFaultType(text: string): text is FaultType {
  return Object.hasOwn(classOfFaultType, text);
}

/** Which node was seen, as far as whoever reports can tell. */
export type Sighted = Readonly<{ nodeUid?: NodeUid; bootId?: BootId }>;

/** A confirmed problem of a node, open from its first firing report until it is cleared or verified away. */
export interface Fault {
  readonly id: FaultId;
  readonly type: FaultType;
  readonly openedAt: number;
  readonly openedBy: ReportId;
  /** Everyone who reported it since it opened, in order of first report. */
  readonly sources: readonly string[];
  /** Those who know of it otherwise than the first: by the Node object where that one had nothing but its word, or the other way round. */
  readonly otherwise?: readonly string[];
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
  /** Highest sequence seen of the source that reported last, with its boot id. */
  readonly sequence?: number;
  /** The condition of the node by which it was reported. */
  readonly stillFiring?: { readonly condition: string; readonly status: 'True' | 'False' | 'Unknown' };
  /** The latest boot that it outlived: it was opened on an earlier one, and reported on this one again. */
  readonly outlived?: BootId;
  /** It was reported again of another node of this name, or on another boot, than anybody had heard of then; at: when, ms. */
  readonly reportedAgain?: Sighted & { readonly at: number };
  /**
   * Its process is over and left it as it is: `withheld` by the mode, or `handedOver` to a person. Only new evidence
   * (another boot, a mode that became active) starts a process for it again.
   */
  readonly left?: 'withheld' | 'handedOver';
  /** Every report of it came late: it may be over, and its node is looked at before anything is done. */
  readonly late?: true;
  /** It was cleared and came again so often that it is over only when its node was seen to be well. */
  readonly flapping?: true;
}
