import type { CommandResult, PodReference } from './command.js';
import type { BootId, CauseId, MachineId, NodeKey, NodeUid, ProcessId, ReportId } from './identifiers.js';
import type { Report } from './report.js';

export const orderKinds = ['retry', 'skip', 'abort', 'repaired'] as const;
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

/** A change of a Node object, as the detector saw it. Deleted: no uid any more. */
export interface NodeChange {
  readonly change: 'appeared' | 'deleted' | 'rebooted';
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
  readonly machineId?: MachineId;
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
    };

/** One thing to decide about. `at` is the log's append time in ms since the epoch; no producer's clock decides anything. */
export type Input = {
  readonly causeId: CauseId;
  readonly node: NodeKey;
  readonly at: number;
  /** Read so long after it was appended that the present has to be observed before anything is done. */
  readonly late?: true;
} & (
  | { readonly kind: 'report'; readonly report: Report & { readonly id: ReportId } }
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'migration-reply'; readonly reply: MigrationReply }
);
