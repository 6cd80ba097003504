import type { NodeKey, ProcessId, ReportId } from '../../domain/identifiers.js';
import type { Outcome } from '../../domain/node-state.js';
import { symbolTable } from '../symbol-table.js';
import { nodeToPayload, type NodeNamesPayload } from './node-names.js';

const outcomes = symbolTable([
  ['Recovered', 'RECOVERED'],
  ['Cancelled', 'CANCELLED'],
  ['HandedToHuman', 'HANDED_TO_HUMAN'],
  ['Retired', 'RETIRED'],
]);

export interface ProcessEndedPayload extends NodeNamesPayload {
  readonly processId: string;
  readonly workflow: string;
  readonly outcome: 'UNKNOWN' | 'RECOVERED' | 'CANCELLED' | 'HANDED_TO_HUMAN' | 'RETIRED';
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly faultIds: readonly string[];
  readonly faultTypes: readonly string[];
  readonly causeReportIds: readonly string[];
}

export interface EndedProcess {
  readonly node: NodeKey;
  readonly processId: ProcessId;
  readonly workflow: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** ms */
  readonly startedAt: number;
  /** ms */
  readonly endedAt: number;
  /** What it handled, the fault that started it first. */
  readonly faults: readonly { readonly id: string; readonly type: string; readonly openedBy: ReportId }[];
}

export function endedToEvent(ended: EndedProcess): ProcessEndedPayload {
  return {
    ...nodeToPayload(ended.node),
    processId: ended.processId,
    workflow: ended.workflow,
    outcome: outcomes.toSymbol(ended.outcome),
    reason: ended.reason ?? null,
    startedAt: ended.startedAt,
    endedAt: ended.endedAt,
    faultIds: ended.faults.map((fault) => fault.id),
    faultTypes: ended.faults.map((fault) => fault.type),
    causeReportIds: ended.faults.map((fault) => fault.openedBy),
  };
}

/** Throws EventUndecodable for an outcome that this release does not know. */
export function eventToOutcome(payload: ProcessEndedPayload): Outcome {
  return outcomes.fromSymbol(payload.outcome, { event: 'ProcessEnded', path: '$.outcome' });
}
