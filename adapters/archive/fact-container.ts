import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import avro, { type Schema, type Type } from 'avsc';

import type { Fact } from '../../domain/fact.js';
import type { ProcessId } from '../../domain/identifiers.js';
import type { JsonObject, MergePatch } from '../../domain/json.js';
import { packageRoot } from '../../schemas/package-root.js';
import type { StoredFact } from '../ports/archive.js';

/** Of archives beside those of events: no topic and no registry has them. */
export function archiveSchemaFolder(): string {
  return join(packageRoot(), 'schemas', 'archive', 'avro');
}

/** A fact as `archived-fact.v1.avsc` says. */
interface FactRecord extends Pick<Fact, 'node' | 'version' | 'type' | 'at' | 'causeId' | 'evolveVersion'> {
  readonly processId: ProcessId | null;
  readonly data: string;
  readonly patch: string;
  readonly epoch: number;
  readonly causedBy: string | null;
}

function recordOf({ fact, epoch, causedBy }: StoredFact): FactRecord {
  const { processId = null, data, patch, ...rest } = fact;
  return {
    ...rest,
    processId,
    data: JSON.stringify(data),
    patch: JSON.stringify(patch),
    epoch,
    causedBy: causedBy === fact.causeId ? null : causedBy,
  };
}

function factOf(record: FactRecord): StoredFact {
  const { node, version, type, at, causeId, processId, evolveVersion, epoch, causedBy } = record;
  const fact = {
    ...{ node, version, type, at, causeId },
    ...(processId === null ? {} : { processId }),
    data: JSON.parse(record.data) as JsonObject,
    patch: JSON.parse(record.patch) as MergePatch,
    evolveVersion,
  };
  return { fact, epoch, causedBy: causedBy ?? causeId };
}

let schemaRead: Schema | undefined;

function schema(): Schema {
  const path = join(archiveSchemaFolder(), 'archived-fact.v1.avsc');
  schemaRead ??= JSON.parse(readFileSync(path, 'utf8')) as Schema;
  return schemaRead;
}

/** By the text in a file's header: avsc takes a millisecond to make a type, and each stretch has the header before it. */
const types = new Map<string, Type>();

function typeOf(written: Schema): Type {
  const text = JSON.stringify(written);
  const kept = types.get(text) ?? avro.Type.forSchema(written);
  types.set(text, kept);
  return kept;
}

async function bytesOf(encoder: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encoder) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The beginning of an Avro object container: schema and codec. */
export function encodeHeader(syncMarker: Buffer): Promise<Buffer> {
  const encoder = new avro.streams.BlockEncoder(schema(), {
    codec: 'deflate',
    writeHeader: 'always',
    syncMarker,
  });
  encoder.end();
  return bytesOf(encoder);
}

/** Blocks of a container with this marker; behind its header they are a container of their own. */
export function encodeFacts(facts: readonly StoredFact[], syncMarker: Buffer): Promise<Buffer> {
  const encoder = new avro.streams.BlockEncoder(typeOf(schema()), {
    codec: 'deflate',
    writeHeader: 'never',
    syncMarker,
  });
  for (const fact of facts) encoder.write(recordOf(fact));
  encoder.end();
  return bytesOf(encoder);
}

/** The facts of a container. Rejects when it is none. */
export async function decodeFacts(container: Buffer): Promise<readonly StoredFact[]> {
  const decoder = new avro.streams.BlockDecoder({ parseHook: typeOf });
  decoder.end(container);
  const facts: StoredFact[] = [];
  for await (const record of decoder) facts.push(factOf(record as FactRecord));
  return facts;
}
