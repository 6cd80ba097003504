import type { CommandResult, PodReference } from './command.js';
import type { EventNumber } from './event-number.js';
import type { BootId, CauseId, MachineId, NodeKey, NodeUid, ProcessId, ReportId } from './identifiers.js';
import type { Report } from './report.js';

export const orderKinds = ['retry', 'skip', 'abort', 'repaired', 'dismiss'] as const;
export type OrderKind = (typeof orderKinds)[number];

/** An operator's order about one process. `subject` is the authenticated identity of who gave it. */
export interface Order {
  readonly kind: OrderKind;
  readonly processId: ProcessId;
  readonly subject: string;
  readonly reason: string;
}

export const migrationStatuses = ['accepted', 'refused', 'moved', 'destroyed'] as const;
export type MigrationStatus = (typeof migrationStatuses)[number];

/** What a PaaS or the migrator answers about one pod of a migration request. */
export interface MigrationReply {
  readonly requestId: string;
  readonly processId: ProcessId;
  readonly pod: PodReference;
  readonly status: MigrationStatus;
  readonly by: string;
  readonly reason?: string;
}

/** A change of a Node object, as the detector saw it. Deleted: no uid any more. Relabelled: it is in another pool now. */
export interface NodeChange {
  readonly change: 'appeared' | 'deleted' | 'rebooted' | 'relabelled';
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
  readonly machineId?: MachineId;
  /** Absent: its label names none. */
  readonly pool?: string;
}

/** Records that the log had dropped before they were read: offsets from `from` up to `to`; no `to`: a whole log. */
export interface LostRecords {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to?: number;
}

/** A node that carries an isolation taint although this journal runs no process that could have put it there. */
export interface Orphan {
  /** Value of the taint. */
  readonly owner: string;
  /** Absent: another installation's process. */
  readonly processId?: ProcessId;
  readonly nodeUid: NodeUid;
  readonly bootId?: BootId;
  readonly machineId?: MachineId;
  /** Such nodes found together in the cluster, this one included. */
  readonly atOnce: number;
}

/** Everything but a report that can change a process. Topics need no order among each other: what is late is recognised. */
export type Signal =
  | { readonly kind: 'CommandResult'; readonly result: CommandResult }
  | {
      readonly kind: 'TimerFired';
      readonly processId: ProcessId;
      readonly stageEntry: number;
      readonly timer: string;
    }
  | { readonly kind: 'Order'; readonly order: Order }
  | { readonly kind: 'NodeChanged'; readonly change: NodeChange }
  /** The broker has acknowledged the migration request: notice and deadline run from here. */
  | {
      readonly kind: 'MigrationAnnounced';
      readonly processId: ProcessId;
      readonly stageEntry: number;
      readonly requestId: string;
    }
  /** What waits for a parked node is tried again; with a subject a person asks for it. */
  | { readonly kind: 'RetryParked'; readonly reason: string; readonly subject?: string }
  /** The node has to be observed anew: what was lost may have been about it. */
  | { readonly kind: 'InputLost'; readonly lost: LostRecords }
  | { readonly kind: 'OrphanFound'; readonly orphan: Orphan }
  /** What a mode withheld on this node is to be observed anew: it is active under this policy (its version). */
  | { readonly kind: 'ModeActivated'; readonly policy: string };

/** One thing to decide about. `at` is the log's append time in ms since the epoch; no producer's clock decides anything. */
export type Input = {
  readonly causeId: CauseId;
  readonly node: NodeKey;
  readonly at: number;
  /** The time by the clock of whoever said it, where that is told: it shows how far that clock is ahead of the log's. */
  readonly saidAt?: number;
  /** Read so long after it was appended that the present has to be observed before anything is done. */
  readonly late?: true;
  /** The fact of this node whose event it names as its cause: it answers us. Absent: it comes from outside. */
  readonly causedBy?: EventNumber;
} & (
  | { readonly kind: 'report'; readonly report: Report & { readonly id: ReportId } }
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'migration-reply'; readonly reply: MigrationReply }
);
