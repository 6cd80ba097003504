import avro, { type Resolver, type Schema, type Type } from 'avsc';
import { readSchemaFiles, type AvroSchema, type SchemaFile } from './avro-files.js';
import type { EventName, EventPayloads } from './event-payloads.js';
import { PackageIncomplete } from './package-root.js';
import { EventUndecodable } from './undecodable.js';
import { BytesMalformed, wireGuard } from './wire-guard.js';

const eventNames = [
  'ReportReceived',
  'Signal',
  'FaultChanged',
  'ProcessEvent',
  'ProcessEnded',
  'MigrationRequested',
  'MigrationReply',
  'ReportsDecided',
  'NodeState',
  'PauseChanged',
] as const satisfies readonly EventName[];

/** Names of all events, in the order of the flow. */
export const allEvents: readonly EventName[] = eventNames;

export function isEventName(text: string): text is EventName {
  return eventNames.some((name) => name === text);
}

interface Reader {
  readonly schema: AvroSchema;
  readonly type: Type;
  /** By the writer's schema object: avsc takes milliseconds to make a resolver, microseconds to use it. */
  readonly decoders: WeakMap<AvroSchema, (body: Buffer) => unknown>;
  readonly decode: (body: Buffer) => unknown;
}

function avroType(schema: AvroSchema): Type {
  // avsc declares its own shape of a schema; ours was read from a file or a registry and is checked by this very call.
  return avro.Type.forSchema(schema as unknown as Schema);
}

/** Events are written here first; few are longer. */
const scratch = Buffer.allocUnsafe(65_536);

const files = readSchemaFiles();

/** The newest schema of each event: what this release writes and reads into. */
function newest(event: EventName): SchemaFile {
  const last = files.filter((file) => file.event === event).at(-1);
  if (last === undefined)
    throw new PackageIncomplete(`schemas/avro has no schema for ${event}: restore the file`);
  return last;
}

function reader(event: EventName): Reader {
  const { schema } = newest(event);
  const type = avroType(schema);
  return { schema, type, decoders: new WeakMap(), decode: decoder(type, type) };
}

const readers = new Map<string, Reader>(allEvents.map((event) => [event, reader(event)]));

function readerOf(event: EventName): Reader {
  const found = readers.get(event);
  if (found === undefined) throw new PackageIncomplete(`no such event: ${event}`);
  return found;
}

function decoder(readerType: Type, writerType: Type): (body: Buffer) => unknown {
  const guard = wireGuard(writerType);
  const resolver: Resolver | undefined =
    readerType === writerType ? undefined : readerType.createResolver(writerType);
  return (body) => {
    guard(body);
    const payload: unknown = readerType.fromBuffer(body, resolver);
    return payload;
  };
}

/** The bundled schema with which this release writes an event. Always the same object. */
export function schemaOf(event: EventName): AvroSchema {
  return readerOf(event).schema;
}

/** All bundled schemas, older versions too. */
export function bundledSchemas(): readonly SchemaFile[] {
  return files;
}

/** Avro bytes of an event, without any header. No registry takes part. Throws when the payload does not fit its schema. */
export function encodeEvent<Name extends EventName>(event: Name, payload: EventPayloads[Name]): Buffer {
  const { type } = readerOf(event);
  const end = type.encode(payload, scratch, 0);
  // A copy of what was written comes out of Node's pool; avsc's own buffers each cost an allocation outside of the heap.
  return end < 0 ? type.toBuffer(payload) : Buffer.from(scratch.subarray(0, end));
}

/**
 * The payload in Avro bytes. `writerSchema` is the schema they were written with when it is not the bundled one;
 * pass the same object for the same schema, its resolver is kept by it. Ends in linear time for any bytes, and
 * throws EventUndecodable for those that are not this event.
 */
export function decodeEvent<Name extends EventName>(
  event: Name,
  body: Buffer,
  writerSchema?: AvroSchema,
): EventPayloads[Name] {
  try {
    // The shape is what the bundled schema says, and that the two agree is held by round-trip tests.
    return decoderFor(readerOf(event), writerSchema)(body) as EventPayloads[Name];
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new EventUndecodable(event, problem.slice(0, 300), { cause: error });
  }
}

function decoderFor(target: Reader, writerSchema: AvroSchema | undefined): (body: Buffer) => unknown {
  if (writerSchema === undefined || writerSchema === target.schema) return target.decode;
  const kept = target.decoders.get(writerSchema);
  if (kept !== undefined) return kept;
  const made = decoderOrRefusal(target, writerSchema);
  target.decoders.set(writerSchema, made);
  return made;
}

/** That two schemas don't fit is kept too: finding it out for each of a flood of bad records would cost milliseconds. */
function decoderOrRefusal(target: Reader, writerSchema: AvroSchema): (body: Buffer) => unknown {
  try {
    return decoder(target.type, avroType(writerSchema));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return () => {
      throw new BytesMalformed(`written as ${writerSchema.name}, which doesn't fit: ${problem}`);
    };
  }
}
