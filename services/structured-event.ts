import { replayHeader } from '../schemas/cloud-events.js';

/** A CloudEvent 1.0 in structured form. Members that are undefined are left out where it is written as JSON. */
export interface StructuredEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly [extension: string]: unknown;
}

/** What a record's headers say, as a CloudEvent. `content`: its data, and what form that has. */
export function structuredEvent(
  headers: Readonly<Record<string, string>>,
  id: string,
  place: { readonly topic: string; readonly partition?: number; readonly offset?: string },
  content: object,
): StructuredEvent {
  return {
    specversion: '1.0',
    id,
    source: headers['ce_source'] ?? '/unknown',
    type: headers['ce_type'] ?? 'unknown',
    subject: headers['ce_subject'],
    time: headers['ce_time'],
    dataschema: headers['ce_dataschema'],
    sequence: headers['ce_sequence'],
    causationid: headers['ce_causationid'],
    correlationid: headers['ce_correlationid'],
    traceparent: headers['traceparent'],
    replay: headers[replayHeader],
    ...place,
    ...content,
  };
}

/** Data that could be read, as the content of a structured event. */
export function jsonContent(payload: object): { readonly datacontenttype: string; readonly data: object } {
  return { datacontenttype: 'application/json', data: payload };
}
