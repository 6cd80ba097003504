import type { CommandResultDetail, CommandType, ResultStatus } from '../domain/command.js';
import type { BootId, MachineId, NodeUid } from '../domain/identifiers.js';
import type { MigrationReply, OrderKind } from '../domain/signal.js';

/** Timers that stages set; a timer of an earlier stage entry is stale and never reaches the machine. */
export type TimerName =
  | 'workload-check'
  | 'evacuation-deadline'
  | 'workload-gone-deadline'
  | 'repair-check'
  | 'repair-deadline'
  | 'boot-check'
  | 'boot-deadline'
  | 'verify-check'
  | 'verify-deadline';

interface ResultEvent {
  readonly type: `${CommandType}.${ResultStatus}`;
  readonly at: number;
  readonly detail: CommandResultDetail;
}

/** Everything a workflow can hear. `at` is the logical time of the input, ms. */
export type WorkflowEvent =
  | ResultEvent
  | { readonly type: `timer.${TimerName}`; readonly at: number }
  | {
      readonly type: `order.${OrderKind}`;
      readonly at: number;
      readonly reason: string;
      /** A fault is open that says that the node is not Ready. */
      readonly notReady?: true;
    }
  /** No fault of the node is open any more. */
  | { readonly type: 'fault.cleared'; readonly at: number }
  /** A fault fires, or fires again, while the process runs. */
  | { readonly type: 'fault.firing'; readonly at: number }
  /** A fault fires whose ladder begins with a stronger workflow than this one. */
  | { readonly type: 'fault.stronger'; readonly at: number }
  | { readonly type: 'node.deleted'; readonly at: number }
  | {
      readonly type: 'node.recreated';
      readonly at: number;
      readonly nodeUid: NodeUid;
      readonly machineId?: MachineId;
    }
  | { readonly type: 'node.rebooted'; readonly at: number; readonly bootId: BootId }
  | { readonly type: 'migration.announced'; readonly at: number }
  | { readonly type: 'migration.replied'; readonly at: number; readonly reply: MigrationReply }
  | { readonly type: 'ladder.exhausted'; readonly at: number; readonly reason: string };
