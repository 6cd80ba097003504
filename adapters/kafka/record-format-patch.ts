import { createRequire } from 'node:module';
import { DecodedRecord, type BatchContext } from './decode-record.js';
import { encodeRecord, type EncodableRecord } from './encode-record.js';

const load = createRequire(import.meta.url);
const encoding = 'kafkajs/src/protocol/recordBatch/record/v0';
const decoding = 'kafkajs/src/protocol/recordBatch/record/v0/decoder';

/**
 * KafkaJS 2.2.4 makes half a kilobyte outside of the heap for each header of each record, an array and a buffer for
 * each number, and computes with bigints: 16 µs of a core for one of our records, and most of the memory of a process
 * under load. With this patch it is 3 µs, and the bytes are the same. What is read costs as much again: it copies the
 * headers once per header, for readers who mostly ask for none. It takes effect in a process that has neither produced
 * nor fetched yet. Idempotent; refuses to go on with a KafkaJS it does not know.
 */
export function patchRecordFormat(): void {
  replace(encoding, encodedAsKafkaJsReads);
  replace(decoding, decodedAsKafkaJsReads);
}

function replace(name: string, replacement: (...args: never[]) => unknown): void {
  const original: unknown = load(name);
  const loaded = load.cache[load.resolve(name)];
  if (loaded === undefined || typeof original !== 'function') {
    throw new Error(`this version of kafkajs has no ${name}: install the version in package.json`);
  }
  loaded.exports = replacement;
}

/** In the form of KafkaJS's encoder, as far as it is read where records are put together. */
function encodedAsKafkaJsReads(record: EncodableRecord): { readonly buf: Buffer; readonly buffer: Buffer } {
  const buffer = encodeRecord(record);
  return { buf: buffer, buffer };
}

/** KafkaJS hands over its own reader, which stands at the beginning of the record's bytes. */
function decodedAsKafkaJsReads(
  { buffer }: { readonly buffer: Buffer },
  context: BatchContext = {},
): DecodedRecord {
  return new DecodedRecord(buffer, context);
}
