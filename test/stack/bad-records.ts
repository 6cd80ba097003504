import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { RawRecord } from './raw-producer.js';
import type { Site } from '../../stack/site.js';

const subjectOfReports = 'fault.reports-dev.faultline.ReportReceived';

/** The registry's schema of reports, used as any other producer would. */
export interface ReportSchema {
  readonly id: number;
  /** In Confluent's wire format. Members that are not given are null. */
  readonly encode: (report: object) => Promise<Buffer>;
}

export async function reportSchemaOf(site: Site): Promise<ReportSchema> {
  const registry = new SchemaRegistry({ host: site.registry.url });
  const id = await registry.getLatestSchemaId(subjectOfReports);
  const absent = { bootId: null, sequence: null, observedAt: null, message: null, evidence: null };
  return { id, encode: (report) => registry.encode(id, { ...absent, ...report }) };
}

/** A schema that has nothing to do with ours, in the same registry. */
async function foreignSchemaId(site: Site): Promise<number> {
  const registry = new SchemaRegistry({ host: site.registry.url });
  const fields = [{ name: 'sun', type: 'boolean' }];
  const schema = JSON.stringify({ type: 'record', name: 'Weather', namespace: 'org.example', fields });
  const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject: 'weather-value' });
  return id;
}

function framed(schemaId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, body]);
}

/** A record that nothing can be decided by, and what its dead letter must say. */
export interface BadRecord extends RawRecord {
  readonly name: string;
  readonly reason: RegExp;
}

/** One of each kind, for one partition; `whole` is a report that would be good under `key`. */
export async function badRecords(
  site: Site,
  place: { readonly key: string; readonly partition: number; readonly whole: Buffer },
): Promise<readonly BadRecord[]> {
  const { key, partition, whole } = place;
  const bad = (name: string, reason: RegExp, record: Partial<RawRecord>): BadRecord => ({
    ...{ name, reason, topic: 'fault.reports', key, value: whole, partition },
    ...record,
  });
  const schemaId = whole.readUInt32BE(1);
  const body = whole.subarray(5);
  const garbage = Buffer.from('\u0007 no Avro \u0000', 'utf8');
  const odd = { key: Buffer.from([0xff, 0]), headers: { odd: Buffer.from([0, 0xfe]) } };
  return [
    bad('a tombstone', /tombstone/, { value: null }),
    bad('empty', /wire format/, { value: Buffer.alloc(0) }),
    bad('JSON', /wire format/, { value: Buffer.from('{"cluster":"a"}') }),
    bad('of no schema', /unknown schema id 987654/, { value: framed(987_654, body) }),
    bad('of a foreign schema', /Weather/, { value: framed(await foreignSchemaId(site), Buffer.from([1])) }),
    bad('half a record', /ReportReceived/, { value: whole.subarray(0, whole.length - 9) }),
    bad('longer than its record', /ReportReceived/, { value: Buffer.concat([whole, garbage]) }),
    bad('about another node', /key "a\/other" is not its node/, { key: 'a/other' }),
    bad('without key', /key \(none\) is not its node/, { key: null }),
    bad('with bytes for key and headers', /is not its node/, odd),
    bad('a signal that is none', /Signal/, {
      topic: 'maintenance.signals',
      value: framed(schemaId, garbage),
    }),
    bad('a reply that is none', /wire format/, { topic: 'migration.replies', value: garbage }),
  ];
}
