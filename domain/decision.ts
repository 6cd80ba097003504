import type { Command } from './command.js';
import type { Fact } from './fact.js';
import type { CommandId, FaultId, NodeKey, ProcessId, ReportId } from './identifiers.js';
import type { NodeState } from './node-state.js';
import type { IgnoredReason, ReportFate } from './report.js';
import type { Input } from './signal.js';

/** A timer of a process; set again under the same name it replaces the earlier one. */
export interface TimerRequest {
  readonly node: NodeKey;
  readonly processId: ProcessId;
  readonly stageEntry: number;
  readonly name: string;
  readonly dueAt: number;
  /** `ce_id` of the event that set it: the cause of its firing. Absent: set by a release that did not say. */
  readonly issuedBy?: string;
}

/** What became of one report, said once for each report that was read. */
export interface DecidedReport {
  readonly reportId: ReportId;
  readonly node: NodeKey;
  readonly type: string;
  readonly source: string;
  readonly fate: ReportFate;
  readonly reason?: IgnoredReason;
  readonly faultId?: FaultId;
  /** The process that handles the fault, if there is one already. */
  readonly processId?: ProcessId;
  readonly at: number;
}

/** All that follows from one input: committed as a whole or not at all. */
export interface Decision {
  /** The state after; equals the state before folded with `facts`. */
  readonly state: NodeState;
  readonly facts: readonly Fact[];
  /** For each fact, in their order, `ce_id` of the record that it follows from: its input, or an event of this node. */
  readonly causedBy: readonly string[];
  readonly commands: readonly Command[];
  /** To be taken back if nobody has begun with them; each still answers with exactly one result (`revoked`). */
  readonly revoke: readonly CommandId[];
  readonly timers: readonly TimerRequest[];
  readonly report?: DecidedReport;
}

/** Pure: same state, same input, same decision. */
export type Decide = (state: NodeState, input: Input) => Decision;
