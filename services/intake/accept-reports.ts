import type { NewRecord } from '../../adapters/ports/event-log.js';
import { nodeKey, type ReportId } from '../../domain/identifiers.js';
import { cloudEventHeaders } from '../../schemas/cloud-events.js';
import { encodeEvent } from '../../schemas/codec.js';
import { reportToEvent } from '../../schemas/events/report-received.js';
import { frame } from '../../schemas/wire-format.js';
import type { AppendQueue } from './append-queue.js';
import type { MayReport } from './authorize.js';
import type { IntakeOptions } from './options.js';
import type { BodyItem } from './read-body.js';
import { readReport, ReportRefused, type ReadReport } from './read-report.js';
import type { Rejection } from './rejection.js';

export interface Accepted {
  readonly accepted: readonly ReportId[];
  readonly rejected: readonly Rejection[];
}

export interface AcceptParts {
  readonly options: IntakeOptions;
  readonly queue: AppendQueue;
  readonly nextId: () => ReportId;
}

/**
 * Takes what is good of a request: an id stands in `accepted` only once the event log holds its report for good.
 * Rejects with LogUnavailable, SchemaRegistryUnavailable or IntakeOverloaded; then nothing is acknowledged.
 */
export async function acceptReports(
  items: readonly BodyItem[],
  mayReport: MayReport,
  parts: AcceptParts,
): Promise<Accepted> {
  const { metrics } = parts.options;
  const rejected: Rejection[] = [];
  const good: { item: BodyItem; read: ReadReport }[] = [];
  for (const item of items) {
    const read = readItem(item, mayReport, parts.nextId);
    if ('reason' in read) {
      rejected.push(read);
      metrics?.reportRejected(read.forbidden === true ? 'forbidden' : 'invalid');
    } else good.push({ item, read });
  }
  if (good.length === 0) return { accepted: [], rejected };
  const schemaId = await parts.options.schemaIds.idOf('ReportReceived');
  const records = good.map(({ read }) => recordOf(read, schemaId, parts.options));
  const refusals = await parts.queue.append(records);
  const accepted: ReportId[] = [];
  for (const [position, { item, read }] of good.entries()) {
    const reason = refusals[position];
    if (reason === undefined) accepted.push(read.report.id);
    else {
      rejected.push({ index: item.index, path: item.path, reason: `the event log refuses it: ${reason}` });
      metrics?.reportRejected('refused-by-log');
    }
  }
  metrics?.reportsAccepted(accepted.length);
  return { accepted, rejected: rejected.sort((a, b) => a.index - b.index) };
}

function readItem(item: BodyItem, mayReport: MayReport, nextId: () => ReportId): ReadReport | Rejection {
  const { index, path } = item;
  if ('reason' in item) return item;
  try {
    const read = readReport(item.value, nextId());
    if (mayReport(nodeKey(read.report.cluster, read.report.node))) return read;
    return {
      index,
      path: `${path}.node`,
      reason: 'this token may not report about this node',
      forbidden: true,
    };
  } catch (error) {
    if (error instanceof ReportRefused)
      return { index, path: path + error.path.slice(1), reason: error.message };
    throw error;
  }
}

function recordOf({ report, original }: ReadReport, schemaId: number, options: IntakeOptions): NewRecord {
  const key = nodeKey(report.cluster, report.node);
  const headers = cloudEventHeaders({
    event: 'ReportReceived',
    id: report.id,
    source: options.source ?? '/faultline/intake',
    time: options.clock.now(),
    subject: key,
  });
  if (original !== undefined) headers['original'] = Buffer.from(original, 'utf8').toString('base64');
  return {
    topic: 'fault.reports',
    key,
    value: frame(schemaId, encodeEvent('ReportReceived', reportToEvent(report))),
    headers,
  };
}
