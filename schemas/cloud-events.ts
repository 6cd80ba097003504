import { hash } from 'node:crypto';
import type { AvroSchema } from './avro-files.js';
import type { EventName } from './event-payloads.js';
import { schemaOf } from './codec.js';
import { fingerprint } from './fingerprint.js';
import { isUuid } from './uuid.js';

/**
 * Header of a record that says again what was published before; its value is the run that did so. Whoever acts on events
 * leaves such a record out.
 */
export const replayHeader = 'ce_replay';

/** The CloudEvents 1.0 attributes of one record, as Kafka headers in binary mode. */
export interface EventAttributes {
  readonly event: EventName;
  /** What subscribers deduplicate by, together with `source`. */
  readonly id: string;
  /** Who published: see `eventSource`. */
  readonly source: string;
  /** ms since the epoch. */
  readonly time: number;
  /** `<cluster>/<node>`, or the id of a pause. */
  readonly subject: string;
  /** Journal epoch and version of the node; subscribers drop lower ones. */
  readonly sequence?: { readonly epoch: number; readonly version: number };
  /** `id` of the published record that this one follows from; absent: it comes from outside (docs/decisions/0014). */
  readonly causationId?: string;
  /** Maintenance process. */
  readonly correlationId?: string;
}

/** `ce_source` of what a service of an installation publishes. */
export function eventSource(installation: string, service: string): string {
  return `/faultline/${installation}/${service}`;
}

const typePrefix = 'dev.faultline.';
const dataSchemas = new Map<AvroSchema, string>();

/** `urn:faultline:schema:<event>:<first half of the fingerprint>`: finds a bundled schema without the registry. */
export function dataSchema(schema: AvroSchema): string {
  const known = dataSchemas.get(schema);
  if (known !== undefined) return known;
  const made = `urn:faultline:schema:${schema.name}:${fingerprint(schema).slice(0, 32)}`;
  dataSchemas.set(schema, made);
  return made;
}

/** Headers of one record. The same attributes give the same headers, trace included: publishing again changes nothing. */
export function cloudEventHeaders(attributes: EventAttributes): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/avro',
    ce_specversion: '1.0',
    ce_type: typePrefix + attributes.event,
    ce_id: attributes.id,
    ce_source: attributes.source,
    ce_time: new Date(attributes.time).toISOString(),
    ce_subject: attributes.subject,
    ce_dataschema: dataSchema(schemaOf(attributes.event)),
    traceparent: traceParent(attributes),
  };
  if (attributes.sequence !== undefined) headers['ce_sequence'] = sequenceText(attributes.sequence);
  if (attributes.causationId !== undefined) headers['ce_causationid'] = attributes.causationId;
  if (attributes.correlationId !== undefined) headers['ce_correlationid'] = attributes.correlationId;
  return headers;
}

/** Padded, so that the texts order as the numbers do (CloudEvents' sequence extension compares text). */
export function sequenceText(sequence: { readonly epoch: number; readonly version: number }): string {
  return `${String(sequence.epoch).padStart(6, '0')}.${String(sequence.version).padStart(12, '0')}`;
}

/** One trace per process, or per cause where there is none yet; one span per event. */
function traceParent({ id, causationId, correlationId }: EventAttributes): string {
  return `00-${traceOf(correlationId ?? causationId ?? id)}-${spanOf(id)}-01`;
}

/** Id of the trace that belongs to a maintenance process or, where there is none yet, to a report; W3C Trace Context. */
export function traceOf(text: string): string {
  if (latestTrace.of !== text) latestTrace = { of: text, is: digest(text, 32) };
  return latestTrace.is;
}

/** Id of the span that a record's `traceparent` names, by its `ce_id`. */
export function spanOf(id: string): string {
  return digest(id, 16);
}

/** What one decision publishes about one process comes together. */
let latestTrace = { of: '', is: '' };

/** A UUID is hexadecimal already (and then found in a tracing tool by itself); hashing costs 2 µs. */
function digest(text: string, length: number): string {
  if (isUuid(text)) return text.toLowerCase().replaceAll('-', '').slice(-length);
  return hash('sha256', text, 'hex').slice(0, length);
}
