import type { DecidedReport } from '../../domain/decision.js';
import type { FaultId, ProcessId, ReportId } from '../../domain/identifiers.js';
import { ignoredReasons, type IgnoredReason } from '../../domain/report.js';
import { symbolTable } from '../symbol-table.js';
import { EventUndecodable } from '../undecodable.js';
import { withoutNulls } from '../without-nulls.js';
import { nodeToPayload, payloadToNames, type NodeNamesPayload } from './node-names.js';

const fates = symbolTable([
  ['opened', 'OPENED'],
  ['recurred', 'RECURRED'],
  ['repeated', 'REPEATED'],
  ['cleared', 'CLEARED'],
  ['ignored', 'IGNORED'],
]);

export interface DecidedReportPayload extends NodeNamesPayload {
  readonly reportId: string;
  readonly type: string;
  readonly source: string;
  readonly fate: 'UNKNOWN' | 'OPENED' | 'RECURRED' | 'REPEATED' | 'CLEARED' | 'IGNORED';
  readonly reason: string | null;
  readonly faultId: string | null;
  readonly processId: string | null;
  readonly at: number;
}

export interface ReportsDecidedPayload {
  readonly decided: readonly DecidedReportPayload[];
}

export function decidedToEvent(decided: readonly DecidedReport[]): ReportsDecidedPayload {
  return {
    decided: decided.map((report) => ({
      reportId: report.reportId,
      ...nodeToPayload(report.node),
      type: report.type,
      source: report.source,
      fate: fates.toSymbol(report.fate),
      reason: report.reason ?? null,
      faultId: report.faultId ?? null,
      processId: report.processId ?? null,
      at: report.at,
    })),
  };
}

function ignoredReason(text: string): IgnoredReason {
  const known = ignoredReasons.find((reason) => reason === text);
  if (known === undefined) throw new EventUndecodable('ReportsDecided', `no such reason: ${text}`);
  return known;
}

/** Throws EventUndecodable for a fate or reason that this release does not know. */
export function eventToDecided(payload: ReportsDecidedPayload): readonly DecidedReport[] {
  return payload.decided.map((report) => ({
    reportId: report.reportId as ReportId,
    node: payloadToNames('ReportsDecided', report).key,
    type: report.type,
    source: report.source,
    fate: fates.fromSymbol(report.fate, { event: 'ReportsDecided', path: '$.decided[*].fate' }),
    at: report.at,
    ...withoutNulls({
      reason: report.reason === null ? null : ignoredReason(report.reason),
      faultId: report.faultId as FaultId | null,
      processId: report.processId as ProcessId | null,
    }),
  }));
}
