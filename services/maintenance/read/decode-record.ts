import type { SchemaIds } from '../../../adapters/ports/schema-ids.js';
import type { LogRecord } from '../../../adapters/ports/event-log.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import { parseEventId } from '../../../domain/event-number.js';
import type { CauseId, NodeKey } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import type { AvroSchema } from '../../../schemas/avro-files.js';
import { replayHeader } from '../../../schemas/cloud-events.js';
import { decodeEvent } from '../../../schemas/codec.js';
import type { EventName } from '../../../schemas/event-payloads.js';
import { eventToReply } from '../../../schemas/events/migration-reply.js';
import { eventToReport } from '../../../schemas/events/report-received.js';
import { eventToSignal } from '../../../schemas/events/signal.js';
import { EventUndecodable } from '../../../schemas/undecodable.js';
import { isUuid, uuidFrom } from '../../../schemas/uuid.js';
import { openRecord } from '../../open-record.js';

export interface DecodeOptions {
  readonly schemaIds: SchemaIds;
  readonly clock: Pick<Clock, 'now' | 'fromLogTime'>;
  /** A record read later than this after it was appended is marked late. */
  readonly lateAfterMs: number;
}

export type DecodedRecord =
  | { readonly kind: 'input'; readonly input: Input }
  /** `at`: append time in the installation's time, ms. */
  | { readonly kind: 'deadLetter'; readonly reason: string; readonly at: number };

type Subject = Input extends infer One
  ? One extends Input
    ? Omit<One, 'causeId' | 'at' | 'late' | 'saidAt' | 'causedBy'>
    : never
  : never;

/**
 * What maintenance decides about, in one record of an input topic; or why nothing can be decided by it. Never throws
 * for any bytes. Rejects with SchemaRegistryUnavailable when a writer's schema id is not known here and the registry
 * can't be asked: the record is to be read again later.
 */
export async function decodeRecord(record: LogRecord, options: DecodeOptions): Promise<DecodedRecord> {
  const at = options.clock.fromLogTime(record.appendedAt);
  try {
    const { event, body, writer } = await openRecord(record, options.schemaIds);
    const { causeId, ...subject } = decodeSubject(event, body, writer, record);
    // Reports are never replayed by us, and there are too many to read the headers of each.
    if (subject.kind !== 'report') refuseReplay(event, record);
    if (record.key !== subject.node) {
      throw new EventUndecodable(event, `key ${shown(record.key)} is not its node ${subject.node}`);
    }
    const late = options.clock.now() - at > options.lateAfterMs;
    const said = saidBy(subject, record, causeId);
    return { kind: 'input', input: { ...subject, causeId, at, ...said, ...(late ? { late: true } : {}) } };
  } catch (error) {
    if (!(error instanceof EventUndecodable)) throw error;
    return { kind: 'deadLetter', reason: error.message, at };
  }
}

function decodeSubject(
  event: EventName,
  body: Buffer,
  writer: AvroSchema,
  record: LogRecord,
): Subject & { causeId: CauseId } {
  switch (event) {
    case 'ReportReceived': {
      const report = eventToReport(decodeEvent(event, body, writer));
      const node = `${report.cluster}/${report.node}` as NodeKey;
      return { kind: 'report', node, report, causeId: uuid(report.id) };
    }
    case 'Signal':
      return { kind: 'signal', ...eventToSignal(decodeEvent(event, body, writer)), causeId: causeOf(record) };
    case 'MigrationReply':
      return {
        kind: 'migration-reply',
        ...eventToReply(decodeEvent(event, body, writer)),
        causeId: causeOf(record),
      };
    default:
      throw new EventUndecodable(event, `topic ${record.topic} is not read by maintenance`);
  }
}

function refuseReplay(event: EventName, { headers }: LogRecord): void {
  const replay = headers[replayHeader];
  if (replay === undefined) return;
  throw new EventUndecodable(event, `replay ${replay}: what it says was decided long ago`);
}

/** The event of its node that a record names as its cause; one that can't be found by its id leads nowhere. */
function answeredEvent({ headers }: LogRecord, node: NodeKey, causeId: CauseId): Input['causedBy'] {
  if (headers['ce_id']?.toLowerCase() !== causeId) return undefined;
  return parseEventId(node, headers['ce_causationid'] ?? '');
}

/** `ce_id`; where a producer gave none that is a UUID, one made of the record's place in the log. */
function causeOf(record: LogRecord): CauseId {
  const id = record.headers['ce_id'];
  if (id !== undefined && isUuid(id)) return uuid(id);
  return uuid(uuidFrom(`${record.topic}/${record.partition}/${record.offset}`));
}

/** What the record's headers say of when and why it was said. */
function saidBy(
  { kind, node }: Subject,
  record: LogRecord,
  causeId: CauseId,
): Pick<Input, 'saidAt' | 'causedBy'> {
  // Reports follow from nothing that was said here, and there are too many to read the headers of each.
  if (kind === 'report') return {};
  const causedBy = answeredEvent(record, node, causeId);
  const at = kind === 'signal' ? Date.parse(record.headers['ce_time'] ?? '') : NaN;
  return {
    ...(Number.isFinite(at) ? { saidAt: at } : {}),
    ...(causedBy === undefined ? {} : { causedBy }),
  };
}

function uuid(text: string): CauseId {
  return text.toLowerCase() as CauseId;
}

function shown(key: string | undefined): string {
  return key === undefined ? '(none)' : JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
}
