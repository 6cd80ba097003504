import type { LogRecord } from '../adapters/ports/event-log.js';
import type { SchemaIds } from '../adapters/ports/schema-ids.js';
import { classOfFaultType, isFaultType } from '../domain/fault.js';
import { outcomes } from '../domain/node-state.js';
import { eventOfTopic } from '../schemas/catalog.js';
import { decodeEvent } from '../schemas/codec.js';
import type { FaultChangedPayload } from '../schemas/events/fault-changed.js';
import type { ProcessEndedPayload } from '../schemas/events/process-ended.js';
import { parseCloudEvent } from '../schemas/parse-cloud-event.js';
import { EventUndecodable } from '../schemas/undecodable.js';
import { openRecord, type OpenedRecord } from './open-record.js';
import type { EventFacets } from './event-filter.js';

/** A record of the log as subscribers by HTTP get it. */
export interface PublishedEvent extends EventFacets {
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

type Facets = Pick<EventFacets, 'classes' | 'faultTypes' | 'outcome'>;

interface Content {
  readonly data: object;
  readonly facets: Facets;
}

function facetsOfFault({ type, class: touched }: FaultChangedPayload): Facets {
  return { faultTypes: [type], classes: [touched.toLowerCase()] };
}

function facetsOfEnd({ faultTypes, outcome }: ProcessEndedPayload): Facets {
  const word = outcomes.find((one) => one.toLowerCase() === outcome.replaceAll('_', '').toLowerCase());
  return {
    faultTypes,
    classes: faultTypes.flatMap((type) => (isFaultType(type) ? [classOfFaultType[type]] : [])),
    ...(word === undefined ? {} : { outcome: word }),
  };
}

function asJson(payload: unknown, facets: Facets = {}): Content {
  return { data: { datacontenttype: 'application/json', data: payload }, facets };
}

/** What an event says, and of that what filters ask for. */
function contentIn({ event, body, writer }: OpenedRecord): Content {
  switch (event) {
    case 'FaultChanged': {
      const payload = decodeEvent(event, body, writer);
      return asJson(payload, facetsOfFault(payload));
    }
    case 'ProcessEnded': {
      const payload = decodeEvent(event, body, writer);
      return asJson(payload, facetsOfEnd(payload));
    }
    default:
      return asJson(decodeEvent(event, body, writer));
  }
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
  const extensions = {
    subject: headers['ce_subject'],
    time: headers['ce_time'],
    dataschema: headers['ce_dataschema'],
    sequence: headers['ce_sequence'],
    causationid: headers['ce_causationid'],
    correlationid: headers['ce_correlationid'],
    traceparent: headers['traceparent'],
    replay: headers['ce_replay'],
    topic,
    partition,
    offset: String(offset),
  };
  const json = JSON.stringify({
    specversion: '1.0',
    id,
    source: headers['ce_source'] ?? '/unknown',
    type: headers['ce_type'] ?? 'unknown',
    ...extensions,
    ...data,
  });
  return { id, name, json, topic, partition, offset, node: key, appendedAt, ...facets };
}
