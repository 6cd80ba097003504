import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import avro, { type Schema } from 'avsc';

import { decodeEvent, encodeEvent, isEventName, schemaOf } from '../../schemas/codec.js';
import { unframe } from '../../schemas/wire-format.js';

/** One record as a release wrote it to the log, and what it said. */
export interface GoldenEvent {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In the wire format, base64. */
  readonly value: string;
  readonly event: string;
  readonly payload: unknown;
}

const schemaIds = bundledSchemaIds();

/** As text, since a payload may hold what JSON does not (bytes, big numbers): both sides go the same way. */
function comparable(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload)) as unknown;
}

async function opened({ event, value }: Pick<GoldenEvent, 'event' | 'value'>) {
  const framed = unframe(Buffer.from(value, 'base64'));
  const writer = framed === undefined ? undefined : await schemaIds.schemaById(framed.schemaId);
  if (framed === undefined || writer === undefined || !isEventName(event)) return undefined;
  return { event, writer, payload: decodeEvent(event, framed.body, writer) };
}

/** What these bytes say to this release, by the schema that their writer named; undefined: they are no record of ours. */
export async function payloadOf(record: Pick<GoldenEvent, 'event' | 'value'>): Promise<unknown> {
  const found = await opened(record);
  return found && comparable(found.payload);
}

/** What the release that wrote this record reads when this one writes the same; undefined: it is no record of ours. */
export async function payloadReadBack(record: Pick<GoldenEvent, 'event' | 'value'>): Promise<unknown> {
  const found = await opened(record);
  if (found === undefined) return undefined;
  const { event, writer, payload } = found;
  // A release reads into the schema with which it writes; avsc declares a shape of its own for schemas that were read from files.
  const reader = avro.Type.forSchema(writer as unknown as Schema);
  const today = avro.Type.forSchema(schemaOf(event) as unknown as Schema);
  return comparable(reader.fromBuffer(encodeEvent(event, payload), reader.createResolver(today)));
}
