import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodedRecord, type BatchContext } from '../../../adapters/kafka/decode-record.js';
import { encodeRecord } from '../../../adapters/kafka/encode-record.js';
import { patchRecordFormat } from '../../../adapters/kafka/record-format-patch.js';

const load = createRequire(import.meta.url);
const decoding = 'kafkajs/src/protocol/recordBatch/record/v0/decoder';
const kafkaJs: unknown = load(decoding);
const Reader: unknown = load('kafkajs/src/protocol/decoder');

/** A record without the length that stands before it, as KafkaJS hands it on. */
function bodyOf(record: Buffer): Buffer {
  const lengthBytes = record.findIndex((byte) => byte < 0x80) + 1;
  return record.subarray(lengthBytes);
}

function byKafkaJs(body: Buffer, context: BatchContext): unknown {
  if (typeof kafkaJs !== 'function' || typeof Reader !== 'function') throw new Error('kafkajs has changed');
  return Reflect.apply(kafkaJs, undefined, [Reflect.construct(Reader, [body]), context]);
}

const fieldsOf = ({
  timestamp,
  offset,
  key,
  value,
  headers,
  attributes,
  isControlRecord,
}: DecodedRecord) => ({
  timestamp,
  offset,
  key,
  value,
  headers,
  attributes,
  isControlRecord,
});

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array)),
);
const big = (max: bigint): fc.Arbitrary<string> => fc.bigInt({ min: 0n, max }).map(String);

const records = fc.record({
  offsetDelta: fc.integer({ min: 0, max: 1_000_000 }),
  timestampDelta: fc.integer({ min: -1_000_000, max: 0x3fff_ffff }),
  key: fc.oneof(bytes, fc.constant(null)),
  value: fc.oneof(bytes, fc.constant(null)),
  // KafkaJS takes what every object inherits for an earlier value of the same name.
  headers: fc.dictionary(
    fc.string({ maxLength: 200 }).filter((name) => !(name in {})),
    bytes,
    { maxKeys: 12 },
  ),
});
const contexts = fc.record({
  firstOffset: big(2n ** 62n),
  firstTimestamp: big(2n ** 45n),
  maxTimestamp: big(2n ** 45n),
  magicByte: fc.constant(2),
  isControlBatch: fc.boolean(),
  timestampType: fc.constantFrom(0, 1),
});

describe('the decoding of records', () => {
  it('reads what KafkaJS reads', () => {
    fc.assert(
      fc.property(records, contexts, (record, context) => {
        const body = bodyOf(encodeRecord(record));
        const decoded = new DecodedRecord(body, context);
        expect(byKafkaJs(body, context)).toMatchObject(fieldsOf(decoded));
      }),
    );
  });

  it('keeps all values of a header that was given several times, in order', () => {
    // No attributes, no time, first offset, no key, no value, two headers `h` of one byte each.
    const body = Buffer.from([0, 0, 0, 1, 1, 4, 2, 0x68, 2, 0x61, 2, 0x68, 2, 0x62]);
    const { headers } = new DecodedRecord(body, {});
    expect(headers).toEqual({ h: [Buffer.from('a'), Buffer.from('b')] });
    expect(byKafkaJs(body, { firstOffset: '0', firstTimestamp: '0' })).toMatchObject({ headers });
  });

  it('given bytes that end too early, then it says so and reads nothing beyond them', () => {
    expect(() => new DecodedRecord(Buffer.from([0, 0]), {})).toThrow('ends too early');
    expect(() => new DecodedRecord(Buffer.from([0, 0, 0, 20, 1]), {})).toThrow('should go on to byte 14');
  });

  it('stands in for KafkaJS’s own once patched', () => {
    patchRecordFormat();
    const patched: unknown = load(decoding);
    expect(patched).not.toBe(kafkaJs);
  });
});
