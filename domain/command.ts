import type { BootId, CommandId, MachineId, NodeKey, NodeUid, PodUid, ProcessId } from './identifiers.js';

/** A pod as it is asked to move: always with its UID, so that a namesake is never touched. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: PodUid;
}

/** The present of a node, as read from the Kubernetes API at one moment. */
export interface NodeObservation {
  readonly nodeUid: NodeUid;
  readonly bootId?: BootId;
  readonly machineId?: MachineId;
  readonly ready: 'True' | 'False' | 'Unknown';
  /** Every condition but Ready, by type. A condition that is absent says nothing. */
  readonly conditions: Readonly<Record<string, 'True' | 'False' | 'Unknown'>>;
  readonly unschedulable: boolean;
  /** Our own isolation taint carries this process id. */
  readonly isolatedBy?: ProcessId;
  /** Text of the annotation `faultline.dev/hold`. */
  readonly hold?: string;
  readonly image?: string;
  readonly pool?: string;
}

/**
 * Intended side effects, by type. `permit` names the operation the change guard is asked for (none: harmless or a
 * recovery); `repeatable` says whether an attempt whose end nobody saw may simply be made again.
 */
export const commandCatalog = {
  observeNode: { permit: undefined, repeatable: true, writes: false },
  observeWorkload: { permit: undefined, repeatable: true, writes: false },
  isolateNode: { permit: 'isolate', repeatable: true, writes: true },
  requestMigration: { permit: 'migrate', repeatable: true, writes: true },
  deleteWorkload: { permit: 'delete-pods', repeatable: true, writes: true },
  restartComponent: { permit: 'restart-component', repeatable: false, writes: true },
  powerOff: { permit: 'power', repeatable: false, writes: true },
  fenceWorkload: { permit: undefined, repeatable: true, writes: true },
  unfenceWorkload: { permit: undefined, repeatable: true, writes: true },
  powerOn: { permit: undefined, repeatable: false, writes: true },
  reimage: { permit: 'reimage', repeatable: false, writes: true },
  openTicket: { permit: undefined, repeatable: true, writes: true },
  checkTicket: { permit: undefined, repeatable: true, writes: false },
  giveBack: { permit: undefined, repeatable: true, writes: true },
  /** Counts as an isolation of our own, which lasts until the node is back: so it is limited like one. */
  reclaimNode: { permit: 'isolate', repeatable: true, writes: true },
  handOver: { permit: undefined, repeatable: true, writes: true },
} as const satisfies Record<string, { permit: Operation | undefined; repeatable: boolean; writes: boolean }>;

export type CommandType = keyof typeof commandCatalog;
export const commandTypes = Object.keys(commandCatalog) as readonly CommandType[];
/** Operations that the change guard limits: those of our own commands, and those that only others ask leave for. */
export const operations = [
  'isolate',
  'migrate',
  'delete-pods',
  'restart-component',
  'power',
  'reimage',
  'delete-node',
  'release',
] as const;
export type Operation = (typeof operations)[number];

/** What our own commands need leave for. */
export const ownOperations: readonly Operation[] = operations.filter((operation) =>
  commandTypes.some((type) => commandCatalog[type].permit === operation),
);

/** Those that take a node out of service: whatever else is done happens to one that is out. */
export const takingOut: readonly Operation[] = ['isolate', 'delete-node'];

/** What our own processes do to a node that is out of service already, when nothing that can be moved is left on it. */
export const repairing: readonly Operation[] = ['restart-component', 'power', 'reimage'];

/** What each command needs to know beyond node and expected identity. */
export interface CommandParameters {
  observeNode: Record<string, never>;
  observeWorkload: { readonly pods: readonly PodUid[] };
  isolateNode: {
    readonly cordon: boolean;
    readonly reason: string;
    /** The boot that the starting report spoke of; another one now makes the report stale. */
    readonly reportedBootId?: BootId;
    /** The condition that said so: gone by now means that nothing needs to be done. */
    readonly stillFiring?: { readonly condition: string; readonly status: 'True' | 'False' | 'Unknown' };
    /** A process that the journal does not know: its isolation of the node becomes this one's. */
    readonly adopts?: ProcessId;
  };
  requestMigration: { readonly reason: string; readonly deadlineMs: number };
  deleteWorkload: { readonly pods: readonly PodReference[]; readonly gracePeriodSeconds: number };
  restartComponent: { readonly component: 'kubelet' | 'container-runtime' };
  powerOff: Record<string, never>;
  fenceWorkload: { readonly pods: readonly PodUid[] };
  unfenceWorkload: Record<string, never>;
  powerOn: Record<string, never>;
  reimage: { readonly image: string };
  openTicket: { readonly summary: string; readonly faultTypes: readonly string[] };
  checkTicket: { readonly ticket: string };
  giveBack: Record<string, never>;
  /** Whose isolation it is. */
  reclaimNode: { readonly owner?: ProcessId };
  handOver: {
    readonly reason: string;
    /** Whose isolation it is, if not that of the process itself. */
    readonly owner?: ProcessId;
  };
}

/** Who the process believes the node to be; an effect on anyone else is refused. */
export interface ExpectedIdentity {
  readonly machineId?: MachineId;
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
}

/** An intended side effect with a stable id; its result comes back as exactly one signal. */
export type Command = {
  readonly [Type in CommandType]: {
    readonly id: CommandId;
    readonly type: Type;
    readonly parameters: CommandParameters[Type];
    readonly node: NodeKey;
    readonly processId: ProcessId;
    readonly stageEntry: number;
    readonly expected: ExpectedIdentity;
    /** `observe`: to be recorded as withheld, never done. */
    readonly mode: 'observe' | 'active';
    /** Why it is wanted, for permits and Node events. */
    readonly faultType: string;
    /** Who reported that fault first. Absent: nobody did, or issued by a release that did not say. */
    readonly reporter?: string;
    /** `ce_id` of the event that told of it: the cause of its result. Absent: issued by a release that did not say. */
    readonly issuedBy?: string;
  };
}[CommandType];

/**
 * How a command ended. `unneeded`: the present made it moot (reason says why). `unknown`: nobody saw how the attempt
 * ended. `revoked`: taken back before any attempt. `withheld`: mode observe.
 */
export const resultStatuses = ['done', 'failed', 'unknown', 'unneeded', 'withheld', 'revoked'] as const;
export type ResultStatus = (typeof resultStatuses)[number];

/** What a result carries back into the workflow; all optional so that old results stay readable. */
export interface CommandResultDetail {
  readonly reason?: string;
  readonly observation?: NodeObservation;
  /** Pods asked to move (requestMigration), or still there (observeWorkload, fenceWorkload, deleteWorkload). */
  readonly pods?: readonly PodReference[];
  readonly ticket?: string;
  /** checkTicket: the people are done. */
  readonly repaired?: boolean;
  /** The Node object is gone. */
  readonly nodeGone?: boolean;
  /** A person's hold kept the node out (giveBack). */
  readonly hold?: string;
  /** isolateNode: whether the cordon is ours to take back. */
  readonly cordoned?: boolean;
}

/** Reason of a return that was done, but for a cordon which may be a person's. */
export const cordonKept = 'CordonKept';

export interface CommandResult {
  readonly commandId: CommandId;
  readonly commandType: CommandType;
  readonly processId: ProcessId;
  readonly stageEntry: number;
  readonly status: ResultStatus;
  readonly detail: CommandResultDetail;
}
