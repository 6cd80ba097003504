import type { LogRecord } from '../adapters/ports/event-log.js';
import type { SchemaIds } from '../adapters/ports/schema-ids.js';
import { eventOfTopic } from '../schemas/catalog.js';
import { decodeEvent } from '../schemas/codec.js';
import { parseCloudEvent } from '../schemas/parse-cloud-event.js';
import { EventUndecodable } from '../schemas/undecodable.js';
import { openRecord, type OpenedRecord } from './open-record.js';
import { facetsOf, type NamedPayload, type PayloadFacets } from './event-facets.js';
import type { EventFacets } from './event-filter.js';
import { jsonContent, structuredEvent } from './structured-event.js';

/** A record of the log as subscribers by HTTP get it. */
export interface PublishedEvent extends EventFacets {
  /** Its key, `<cluster>/<node>`: the events of one come in order. */
  readonly node: string;
  /** `ce_id`: the same by whatever way an event comes. */
  readonly id: string;
  /** Name of the event: `FaultChanged`… */
  readonly name: string;
  readonly partition: number;
  readonly offset: bigint;
  /** CloudEvents 1.0, structured JSON. */
  readonly json: string;
  /** ms, the log's clock. */
  readonly appendedAt: number;
}

interface Content {
  readonly data: object;
  readonly facets: PayloadFacets;
}

/** What an event says, and of that what filters ask for. */
function contentIn({ event, body, writer }: OpenedRecord): Content {
  const payload = decodeEvent(event, body, writer);
  // The two belong together: the payload was decoded as that event.
  return { data: jsonContent(payload), facets: facetsOf({ event, payload } as NamedPayload) };
}

/** The payload as JSON; bytes that can't be read go on as they are, since hiding them would be a gap. */
async function contentOf(record: LogRecord, schemaIds: SchemaIds): Promise<Content> {
  try {
    return contentIn(await openRecord(record, schemaIds));
  } catch (error) {
    if (!(error instanceof EventUndecodable)) throw error;
    const bytes = record.value === undefined ? {} : { data_base64: record.value.toString('base64') };
    return { data: { datacontenttype: 'application/octet-stream', ...bytes }, facets: {} };
  }
}

/** Rejects with SchemaRegistryUnavailable: the record is to be read again later. */
export async function publishedEvent(record: LogRecord, schemaIds: SchemaIds): Promise<PublishedEvent> {
  const { topic, partition, offset, headers, appendedAt, key = '' } = record;
  const parsed = parseCloudEvent(headers);
  const id = 'problem' in parsed ? `${topic}/${partition}/${offset}` : parsed.id;
  const name = eventOfTopic(topic) ?? '';
  const { data, facets } = await contentOf(record, schemaIds);
  const place = { topic, partition, offset: String(offset) };
  const json = JSON.stringify(structuredEvent(headers, id, place, data));
  return { id, name, json, topic, partition, offset, node: key, nodes: [key], appendedAt, ...facets };
}
