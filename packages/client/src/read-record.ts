import { parseCloudEvent, type ParsedCloudEvent } from '../../../schemas/parse-cloud-event.js';
import { unframe } from '../../../schemas/wire-format.js';
import type { AnyEvent, EventType, FaultlineEvent } from './event.js';
import { readerSchemas } from './generated/events.js';
import { reasonOf, UnreadableRecord, type RawRecord } from './problems.js';
import type { WriterSchemas } from './writer-schemas.js';

const typePrefix = 'dev.faultline.';

/** Undefined: none that this release of the client knows. */
export function eventTypeIn(ceType: string): EventType | undefined {
  const name = ceType.startsWith(typePrefix) ? ceType.slice(typePrefix.length) : '';
  return eventTypes.find((known) => known === name);
}
// Its keys are those of its type: it is generated.
const eventTypes = Object.keys(readerSchemas) as EventType[];

/** The parts that belong together by `Type`, as the one event that they are. */
export function eventOf<Type extends EventType>(event: AnyEvent<Type>): FaultlineEvent {
  // The compiler does not see that a union of pairs is meant where `Type` is itself a union.
  return event as unknown as FaultlineEvent;
}

/**
 * The event in a record. Rejects with UnreadableRecord where there is none, and with RegistryUnavailable where that
 * can't be said yet.
 */
export async function readRecord(record: RawRecord, schemas: WriterSchemas): Promise<FaultlineEvent> {
  const { value, headers, topic, partition, offset } = record;
  if (value === undefined) throw new UnreadableRecord('no-value', record, 'it has no value');
  const parsed = parseCloudEvent(headers);
  if ('problem' in parsed) throw new UnreadableRecord('no-cloud-event', record, parsed.problem);
  const type = eventTypeIn(parsed.type);
  if (type === undefined) {
    throw new UnreadableRecord('unknown-event', record, `${parsed.type} is unknown here: use a newer client`);
  }
  const framed = unframe(value);
  if (framed === undefined) {
    throw new UnreadableRecord('not-framed', record, 'not in Confluent wire format (0, schema id, Avro)');
  }
  const decode = await schemas.decoder(framed.schemaId);
  if (decode === undefined) {
    throw new UnreadableRecord('unknown-schema', record, `no Avro schema has the id ${framed.schemaId}`);
  }
  try {
    const data = decode(type, framed.body);
    return eventOf({ type, data, ...attributesOf(parsed, record), topic, partition, offset });
  } catch (error) {
    throw new UnreadableRecord('malformed', record, reasonOf(error), { cause: error });
  }
}

function attributesOf(parsed: ParsedCloudEvent, { key = '', headers }: RawRecord) {
  const { id, source, subject, time, causationId, correlationId, traceParent } = parsed;
  const sequence = parsed.sequence === undefined ? undefined : headers['ce_sequence'];
  const replay = headers['ce_replay'];
  return {
    id,
    source,
    node: subject ?? key,
    time,
    sequence,
    causationId,
    correlationId,
    traceParent,
    replay,
  };
}
