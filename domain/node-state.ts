import type { CommandType, ExpectedIdentity, PodReference } from './command.js';
import type { Fault, FaultType } from './fault.js';
import type { EventNumber } from './event-number.js';
import type { BootId, CommandId, FaultId, NodeKey, NodeUid, ProcessId, ReportId } from './identifiers.js';

/** How a maintenance process ended. */
export const outcomes = ['Recovered', 'Cancelled', 'HandedToHuman', 'Retired'] as const;
export type Outcome = (typeof outcomes)[number];

/** What a ladder may try. */
export const repairWorkflowNames = ['component-restart', 'reboot', 'reinstall', 'hardware-repair'] as const;
/** Names of the maintenance processes, weakest first: a stronger one takes over from a weaker one. */
export const workflowNames = ['reclaim', ...repairWorkflowNames] as const;
export type WorkflowName = (typeof workflowNames)[number];

/** Where a pod of a migration stands. */
export type MigratingPod = PodReference & {
  readonly status: 'requested' | 'accepted' | 'refused' | 'moved' | 'destroyed';
};

/** A command whose one result has not come back yet. */
export interface OpenCommand {
  readonly id: CommandId;
  readonly type: CommandType;
}

/**
 * JSON values only: this is XState context, folded from facts and stored as it is. Absent means unknown; never null.
 * Undefined is how an action takes a member away; it is never stored.
 */
export interface ProcessContext {
  readonly processId: ProcessId;
  readonly faultType: FaultType;
  /** Counts entries into stages; every command, timer and result carries it. */
  readonly stageEntry: number;
  /** When the present stage was entered, ms. */
  readonly enteredAt: number;
  /** When the latest look of this stage at node or workload was told, ms. */
  readonly lookedAt?: number | undefined;
  /** That one had been awaited for long: it may show how it was before whatever held it up. */
  readonly lookHeldUp?: true | undefined;
  readonly mode: 'observe' | 'active';
  readonly recipe: Recipe;
  readonly expected: ExpectedIdentity;
  /** Boot id at isolation or before the recovery: a boot is new when it differs. */
  readonly bootBefore?: BootId | undefined;
  readonly isolated: boolean;
  /** Its isolation is that of this process, which the journal does not know; until it is isolated as our own. */
  readonly reclaims?: ProcessId | undefined;
  /** Its kubelet was silent when it was isolated: nothing there will end a pod. */
  readonly unreachable?: true | undefined;
  /** Since when it is being verified: faults opened before are verified away. */
  readonly verifyingSince?: number | undefined;
  readonly migrationRequestId?: string | undefined;
  readonly pods: readonly MigratingPod[];
  readonly open: readonly OpenCommand[];
  /** Healthy observations in a row. */
  readonly healthy: number;
  /** Where to go once no command is open any more. */
  readonly settleTo?: 'cancel' | 'dismiss' | 'retire' | 'isolate' | 'takeOver' | 'handOver' | undefined;
  /** The process is on its way back without recovery (fault cleared or dismissed). */
  readonly cancelReason?: string | undefined;
  /** Why a person is asked. */
  readonly waitingFor?: string | undefined;
  /** Power is off by our own command. */
  readonly poweredOff?: true | undefined;
  readonly fenced?: true | undefined;
  readonly ticket?: string | undefined;
  readonly reportedBootId?: BootId | undefined;
  readonly stillFiring?:
    { readonly condition: string; readonly status: 'True' | 'False' | 'Unknown' } | undefined;
  /** The condition that reported a fault which a person dismissed: it counts no more. */
  readonly distrusted?: string | undefined;
  /** When a person dismissed the fault, another one said that the node is not Ready: a look decides about that, not a word. */
  readonly notReady?: true | undefined;
  /** The node was given back but for a cordon which may be a person's. */
  readonly cordonKept?: true | undefined;
  /** When the timers of this stage are due, by name, in the log's time. */
  readonly timersDue?: Readonly<Record<string, number>> | undefined;
  /** Those of them that fired too early, and for when they were set once more. */
  readonly timersSetAnew?: Readonly<Record<string, number>> | undefined;
  /** Every rung of the ladder has been used up within its window: isolate, then ask. */
  readonly exhausted?: true | undefined;
  /** The starting report is so young that the executor's own look at the node is observation enough. */
  readonly fresh?: true | undefined;
}

/** What the policy says for this fault type, compiled and pinned when the process (or its next workflow) starts. Times in ms. */
export interface Recipe {
  readonly cordon: boolean;
  readonly component: 'kubelet' | 'container-runtime';
  readonly image: string;
  readonly evacuationDeadlineMs: number;
  readonly minimumNoticeMs: number;
  readonly whenOverdue: 'delete' | 'person';
  readonly workloadCheckMs: number;
  readonly bootDeadlineMs: number;
  readonly repairDeadlineMs: number;
  readonly repairCheckMs: number;
  readonly verifyIntervalMs: number;
  readonly verifyDeadlineMs: number;
  readonly healthyObservations: number;
  readonly stageMaximumAgeMs: number;
  readonly repairBy: 'ticket' | 'power-off-and-ticket';
}

/** A fault as its process names it, also after it was cleared. */
export interface FaultReference {
  readonly id: FaultId;
  readonly type: FaultType;
  readonly openedBy: ReportId;
}

/** One run for one node; its workflow may be replaced by a stronger one without giving the node back in between. */
export interface ActiveProcess {
  readonly id: ProcessId;
  readonly workflow: WorkflowName;
  readonly workflowVersion: string;
  /** The machine's state value. */
  readonly stage: string;
  readonly context: ProcessContext;
  readonly startedAt: number;
  /** What it handles, the fault that started it first; at most 32. */
  readonly faults: readonly FaultReference[];
  /** Position in the ladder of the fault type that leads. */
  readonly rung: number;
  /**
   * The fact by which the present stage was entered, at first the one that started the process: where what comes from
   * outside meets it. Absent: entered under a release that did not write it down.
   */
  readonly enteredBy?: EventNumber;
}

/** A workflow started on this node, kept to limit attempts per window. */
export interface Attempt {
  readonly workflow: WorkflowName;
  readonly faultType: FaultType;
  readonly at: number;
}

/** Why the inputs of a node wait. */
export interface Parked {
  /**
   * `failed`: an input could not be decided or stored, so nothing is known for sure; commands rest, and the node counts
   * as unhealthy. `unknown-workflow`: only this copy does not know its workflow; what was decided goes on.
   */
  readonly kind: 'failed' | 'unknown-workflow';
  readonly reason: string;
  readonly since: number;
  /** How often it was tried, and when last. */
  readonly attempts: number;
  readonly triedAt: number;
}

/** A fault of which somebody told by word alone, on a machine whose Node object is gone. */
export interface RememberedFault {
  readonly fault: Fault & { readonly bootId: BootId };
  /** When it was over with the node, ms. */
  readonly goneAt: number;
}

/** All that is decided by, per node. Changes only by facts; JSON only; no nulls. */
export interface NodeState {
  readonly node: NodeKey;
  /** Number of facts folded; version of the last one. */
  readonly version: number;
  /** Logical now: never runs backwards. */
  readonly now: number;
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
  /** Boots that are over, youngest last, at most 8: a report from one of them is stale. */
  readonly pastBootIds: readonly BootId[];
  /** As its label names it; absent: unknown, or none. */
  readonly pool?: string;
  readonly deleted?: true;
  readonly faults: { readonly [Type in FaultType]?: Fault };
  /** Over with the Node object alone, and open again when the machine registers on the same boot. */
  readonly remembered?: { readonly [Type in FaultType]?: RememberedFault };
  /** Highest sequence that cleared or recovered, per source: older reports are stale. At most 16 sources. */
  readonly clearedSequences: Readonly<
    Record<string, { readonly bootId?: BootId; readonly sequence: number }>
  >;
  /** When reports cleared a fault of this type, or its part in one: the latest three. By that it is told that it flaps. */
  readonly clears?: { readonly [Type in FaultType]?: readonly number[] };
  readonly lastRecoveredAt?: number;
  readonly attempts: readonly Attempt[];
  readonly process?: ActiveProcess;
  /** Set while this node's inputs can't be processed: they wait, in order, until it is taken up again. */
  readonly parked?: Parked;
}

export function emptyNodeState(node: NodeKey): NodeState {
  return { node, version: 0, now: 0, pastBootIds: [], faults: {}, clearedSequences: {}, attempts: [] };
}
