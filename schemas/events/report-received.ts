import type { BootId, ReportId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import { storableText } from '../storable-text.js';
import { symbolTable } from '../symbol-table.js';
import { EventUndecodable } from '../undecodable.js';
import { isUuid } from '../uuid.js';
import { withoutNulls } from '../without-nulls.js';
import { payloadToNames, type NodeNamesPayload } from './node-names.js';

const statuses = symbolTable([
  ['firing', 'FIRING'],
  ['cleared', 'CLEARED'],
]);

export interface ReportReceivedPayload extends NodeNamesPayload {
  readonly reportId: string;
  readonly type: string;
  readonly status: 'UNKNOWN' | 'FIRING' | 'CLEARED';
  readonly source: string;
  readonly bootId: string | null;
  readonly sequence: number | null;
  readonly observedAt: string | null;
  readonly message: string | null;
  readonly evidence: Readonly<Record<string, string>> | null;
}

export function reportToEvent(report: Report): ReportReceivedPayload {
  return {
    reportId: report.id,
    cluster: report.cluster,
    node: report.node,
    type: report.type,
    status: statuses.toSymbol(report.status),
    source: report.source,
    bootId: report.bootId ?? null,
    sequence: report.sequence ?? null,
    observedAt: report.observedAt ?? null,
    message: report.message ?? null,
    evidence: report.evidence ?? null,
  };
}

/**
 * Throws EventUndecodable when the id is no UUID or a name is none. Text of raw producers is made storable here, as
 * intake does it for its own.
 */
export function eventToReport(payload: ReportReceivedPayload): Report {
  const { cluster, node } = payloadToNames('ReportReceived', payload);
  if (!isUuid(payload.reportId)) throw new EventUndecodable('ReportReceived', '$.reportId is not a UUID');
  return {
    id: payload.reportId.toLowerCase() as ReportId,
    cluster,
    node,
    type: storableText(payload.type),
    status: statuses.fromSymbol(payload.status, { event: 'ReportReceived', path: '$.status' }),
    source: storableText(payload.source),
    ...withoutNulls({
      bootId: payload.bootId === null ? null : (storableText(payload.bootId) as BootId),
      sequence: payload.sequence,
      observedAt: payload.observedAt === null ? null : storableText(payload.observedAt),
      message: payload.message === null ? null : storableText(payload.message),
      evidence: payload.evidence === null ? null : storableMap(payload.evidence),
    }),
  };
}

function storableMap(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [storableText(key), storableText(value)]),
  );
}
