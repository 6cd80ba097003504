import type { LogRecord } from '../adapters/ports/event-log.js';
import { SchemaRegistryUnavailable, type SchemaIds } from '../adapters/ports/schema-ids.js';
import type { AvroSchema } from '../schemas/avro-files.js';
import { eventOfTopic } from '../schemas/catalog.js';
import { dataSchema } from '../schemas/cloud-events.js';
import { schemaOf } from '../schemas/codec.js';
import type { EventName } from '../schemas/event-payloads.js';
import { EventUndecodable } from '../schemas/undecodable.js';
import { unframe } from '../schemas/wire-format.js';

/** A record of one of our topics, and what is needed to read it. */
export interface OpenedRecord {
  readonly event: EventName;
  readonly body: Buffer;
  readonly writer: AvroSchema;
}

/**
 * Finds out what a record holds. Throws EventUndecodable where that is no event of ours; rejects with
 * SchemaRegistryUnavailable when its writer's schema is not known here and can't be asked for: it is to be read again later.
 */
export async function openRecord(record: LogRecord, schemaIds: SchemaIds): Promise<OpenedRecord> {
  const event = eventOfTopic(record.topic);
  if (event === undefined)
    throw new EventUndecodable('record', `topic ${record.topic} holds no event of ours`);
  if (record.value === undefined) throw new EventUndecodable(event, 'tombstone: there is no value');
  const framed = unframe(record.value);
  if (framed === undefined)
    throw new EventUndecodable(event, 'not in Confluent wire format (0, schema id, Avro)');
  const writer = await writerSchema(event, framed.schemaId, record, schemaIds);
  if (writer === undefined) throw new EventUndecodable(event, `unknown schema id ${framed.schemaId}`);
  return { event, body: framed.body, writer };
}

/**
 * By id. Where the registry can't be asked, the record's own `ce_dataschema` will do if it names the bundled schema:
 * so that after a restart an absent registry holds up no decision about what this release wrote.
 */
async function writerSchema(
  event: EventName,
  id: number,
  record: LogRecord,
  schemaIds: SchemaIds,
): Promise<AvroSchema | undefined> {
  try {
    return await schemaIds.schemaById(id);
  } catch (error) {
    const bundled = schemaOf(event);
    const named = record.headers['ce_dataschema'] === dataSchema(bundled);
    if (error instanceof SchemaRegistryUnavailable && named) return bundled;
    throw error;
  }
}
