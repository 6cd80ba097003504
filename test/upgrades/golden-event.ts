import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { decodeEvent, isEventName } from '../../schemas/codec.js';
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

/** What these bytes say to this release, by the schema that their writer named; undefined: they are no record of ours. */
export async function payloadOf({ event, value }: Pick<GoldenEvent, 'event' | 'value'>): Promise<unknown> {
  const framed = unframe(Buffer.from(value, 'base64'));
  const writer = framed === undefined ? undefined : await schemaIds.schemaById(framed.schemaId);
  if (framed === undefined || writer === undefined || !isEventName(event)) return undefined;
  // As text, since a payload may hold what JSON does not (bytes, big numbers): both sides go the same way.
  return JSON.parse(JSON.stringify(decodeEvent(event, framed.body, writer))) as unknown;
}
