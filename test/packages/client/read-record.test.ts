import avro, { type Schema } from 'avsc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RegistryUnavailable, type RawRecord } from '../../../packages/client/src/problems.js';
import { readRecord } from '../../../packages/client/src/read-record.js';
import { WriterSchemas } from '../../../packages/client/src/writer-schemas.js';
import { cloudEventHeaders } from '../../../schemas/cloud-events.js';
import { allEvents, encodeEvent, schemaOf } from '../../../schemas/codec.js';
import { eventOfTopic as ofClient, readerSchemas } from '../../../packages/client/src/generated/events.js';
import { catalog } from '../../../schemas/catalog.js';
import { frame } from '../../../schemas/wire-format.js';
import { startRegistry, type RegistryServer } from '../../adapters/schema-registry/registry-server.js';
import { someEvent } from './some-event.js';

const schemaId = 7;
const olderId = 8;
const newerId = 9;
const weatherId = 10;
const protobufId = 11;
let registry: RegistryServer;
let schemas: WriterSchemas;

const { data } = someEvent('1');
const fault = data as Parameters<typeof encodeEvent<'FaultChanged'>>[1];
const body = encodeEvent('FaultChanged', fault);

function record(change: Partial<RawRecord> = {}): RawRecord {
  const headers = cloudEventHeaders({
    ...{ event: 'FaultChanged', id: 'e-1', source: '/faultline/t/maintenance', time: 1_000, subject: 'a/n1' },
    ...{ sequence: { epoch: 1, version: 2 }, causationId: 'c-1', correlationId: 'p-1' },
  });
  const value = frame(schemaId, body);
  return { topic: 'fault.hardware', partition: 3, offset: '12', key: 'a/n1', headers, value, ...change };
}

/** Of a later release: with a symbol and a field more. */
const newerSchema = ((): Schema => {
  const { fields, ...rest } = schemaOf('FaultChanged');
  const grown = fields.map((field) =>
    field.name === 'change' ? { ...field, type: withSymbol(field.type) } : field,
  );
  const added = { name: 'severity', type: 'int', default: 0 };
  return { ...rest, fields: [...grown, added] } as unknown as Schema;
})();

function withSymbol(type: unknown): object {
  const { symbols, ...rest } = type as { readonly symbols: readonly string[] };
  return { ...rest, symbols: [...symbols, 'ESCALATED'] };
}

beforeAll(async () => {
  registry = await startRegistry();
  const schema = schemaOf('FaultChanged');
  registry.put(schemaId, JSON.stringify(schema));
  registry.put(
    olderId,
    JSON.stringify({ ...schema, fields: schema.fields.filter(({ name }) => name !== 'reason') }),
  );
  registry.put(newerId, JSON.stringify(newerSchema));
  registry.put(
    weatherId,
    JSON.stringify({ type: 'record', name: 'Weather', fields: [{ name: 'sun', type: 'boolean' }] }),
  );
  registry.put(protobufId, 'syntax = "proto3";', 'PROTOBUF');
});
afterAll(() => registry.close());
beforeEach(() => {
  registry.asked.length = 0;
  registry.failWith = undefined;
  schemas = new WriterSchemas({ url: registry.url });
});

describe('given a record of Faultline', () => {
  it('gives its event, with all that its headers say', async () => {
    expect(
      await readRecord(record({ headers: { ...record().headers, ce_replay: 'run-1' } }), schemas),
    ).toEqual({
      ...someEvent('000001.000000000002', { id: 'e-1', replay: 'run-1' }),
      ...{ time: 1_000, causationId: 'c-1', correlationId: 'p-1', partition: 3, offset: '12' },
      traceParent: expect.stringMatching(/^00-/) as unknown,
      data: expect.objectContaining(fault) as unknown,
    });
  });

  it('asks for each schema once', async () => {
    await readRecord(record(), schemas);
    await readRecord(record(), schemas);
    expect(registry.asked).toEqual([`GET /schemas/ids/${schemaId}`]);
  });

  it('reads what older and newer releases wrote: a field that they have not, or have besides, and an unknown symbol', async () => {
    const older = body.subarray(0, body.length - 1);
    expect((await readRecord(record({ value: frame(olderId, older) }), schemas)).data).toMatchObject(fault);
    const newer = avro.Type.forSchema(newerSchema).toBuffer({ ...fault, change: 'ESCALATED', severity: 3 });
    const { data: read } = await readRecord(record({ value: frame(newerId, newer) }), schemas);
    expect(read).toMatchObject({ ...fault, change: 'UNKNOWN' });
  });

  it('knows every topic and schema of the catalog', () => {
    const published = catalog.flatMap(({ topic, event }) => (event === undefined ? [] : [[topic, event]]));
    expect(Object.entries(ofClient)).toEqual(published);
    for (const event of allEvents) expect(readerSchemas[event]).toEqual(schemaOf(event));
  });
});

const unknownHeaders = { ...record().headers, ce_type: 'dev.faultline.Tomorrow' };
const bad: readonly (readonly [name: string, reason: string, change: Partial<RawRecord>])[] = [
  ['a tombstone', 'no-value', { value: undefined }],
  ['without headers', 'no-cloud-event', { headers: {} }],
  ['of an event that is unknown here', 'unknown-event', { headers: unknownHeaders }],
  ['JSON', 'not-framed', { value: Buffer.from('{}') }],
  ['of no schema', 'unknown-schema', { value: frame(999, body) }],
  ['of a schema that is no Avro', 'unknown-schema', { value: frame(protobufId, body) }],
  ['of a foreign schema', 'malformed', { value: frame(weatherId, Buffer.from([1])) }],
  ['half a record', 'malformed', { value: frame(schemaId, body.subarray(0, body.length / 2)) }],
  ['longer than its event', 'malformed', { value: frame(schemaId, Buffer.concat([body, body])) }],
];

describe('given a record that can not be read', () => {
  it.each(bad)('%s is told as %s, with its bytes', async (_name, reason, change) => {
    const raw = record(change);
    const read = readRecord(raw, schemas);
    await expect(read).rejects.toMatchObject({ name: 'UnreadableRecord', reason, record: raw });
    await expect(read).rejects.toThrow(/^fault\.hardware\/3 at 12: ./);
  });

  it('asks once for a schema that is not there, however many such records come', async () => {
    for (let count = 0; count < 3; count += 1) {
      await expect(readRecord(record({ value: frame(999, body) }), schemas)).rejects.toThrow(/id 999/);
    }
    expect(registry.asked).toEqual(['GET /schemas/ids/999']);
  });

  it('concludes nothing while the registry is out of order, and asks again', async () => {
    registry.failWith = 503;
    await expect(readRecord(record(), schemas)).rejects.toBeInstanceOf(RegistryUnavailable);
    registry.failWith = undefined;
    expect((await readRecord(record(), schemas)).id).toBe('e-1');
  });
});
