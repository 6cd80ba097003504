import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRecord, type EncodableRecord } from '../../../adapters/kafka/encode-record.js';
import { patchRecordFormat } from '../../../adapters/kafka/record-format-patch.js';

const load = createRequire(import.meta.url);
const kafkaJs: unknown = load('kafkajs/src/protocol/recordBatch/record/v0');

/** The bytes that KafkaJS itself makes. */
function byKafkaJs(record: EncodableRecord): Buffer {
  if (typeof kafkaJs !== 'function') throw new Error('kafkajs has no such function');
  const encoder: unknown = Reflect.apply(kafkaJs, undefined, [record]);
  const bytes: unknown = typeof encoder === 'object' && encoder !== null && Reflect.get(encoder, 'buffer');
  if (!Buffer.isBuffer(bytes)) throw new Error('kafkajs makes no buffer');
  return bytes;
}

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array)),
);

const records = fc.record({
  offsetDelta: fc.integer({ min: 0, max: 1_000_000 }),
  timestampDelta: fc.integer({ min: -1_000_000, max: 0x3fff_ffff }),
  key: fc.oneof(bytes, fc.constant(null)),
  value: fc.oneof(bytes, fc.constant(null)),
  headers: fc.dictionary(fc.string({ maxLength: 200 }), bytes, { maxKeys: 12 }),
});

describe('the encoding of records', () => {
  it('makes the very bytes that KafkaJS makes', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(encodeRecord(record)).toEqual(byKafkaJs(record));
      }),
    );
  });

  it('makes the same bytes of a record without anything in it', () => {
    expect(encodeRecord({})).toEqual(byKafkaJs({}));
  });

  it('stands in for KafkaJS’s own once patched', () => {
    patchRecordFormat();
    const patched: unknown = load('kafkajs/src/protocol/recordBatch/record/v0');
    expect(patched).not.toBe(kafkaJs);
  });
});
