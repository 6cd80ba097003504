import { coverageHeader, writerHeader } from '../state-coverage.js';

/** One header of a record. */
export interface HeaderDescription {
  readonly name: string;
  readonly always: boolean;
  /** Regular expression of the whole value. */
  readonly pattern?: string;
  readonly is: string;
}

/** Headers of every record that Faultline publishes: CloudEvents 1.0 in binary mode, and W3C Trace Context. */
export const eventHeaders: readonly HeaderDescription[] = [
  { name: 'content-type', always: true, pattern: 'application/avro', is: 'form of the value' },
  { name: 'ce_specversion', always: true, pattern: '1\\.0', is: 'version of CloudEvents' },
  {
    name: 'ce_type',
    always: true,
    pattern: 'dev\\.faultline\\.[A-Za-z]+',
    is: '`dev.faultline.` and the event',
  },
  {
    name: 'ce_id',
    always: true,
    pattern: '.+',
    is: 'by it and `ce_source` a record that comes twice is known',
  },
  {
    name: 'ce_source',
    always: true,
    pattern: '/faultline/[a-z0-9]+/[a-z-]+',
    is: '`/faultline/<installation>/<service>`',
  },
  { name: 'ce_time', always: true, pattern: '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z', is: 'when it was said, UTC' },
  {
    name: 'ce_subject',
    always: true,
    pattern: '(?:[^/]+/.+|z-[0-9a-z]+)',
    is: '`<cluster>/<node>`, or the id of a pause of the guard',
  },
  {
    name: 'ce_dataschema',
    always: true,
    pattern: 'urn:faultline:schema:[A-Za-z]+:[0-9a-f]{32}',
    is: 'the schema of the value, by its fingerprint',
  },
  {
    name: 'traceparent',
    always: true,
    pattern: '00-[0-9a-f]{32}-[0-9a-f]{16}-01',
    is: 'W3C Trace Context: one trace per process',
  },
  {
    name: 'ce_sequence',
    always: false,
    pattern: '\\d{6,}\\.\\d{12,}',
    is: 'epoch of the journal and version of the node; of one node, drop what is lower than what you have',
  },
  {
    name: 'ce_causationid',
    always: false,
    pattern: '.+',
    is: '`ce_id` of the record that this one follows from; absent: it comes from outside',
  },
  { name: 'ce_correlationid', always: false, pattern: '.+', is: 'the maintenance process' },
  {
    name: 'ce_replay',
    always: false,
    pattern: '.+',
    is: 'run that says this again; absent: whoever gets it may not have heard of it yet',
  },
  {
    name: coverageHeader,
    always: false,
    pattern: '[a-z.-]+=\\d+(,[a-z.-]+=\\d+)*',
    is: 'of `node.state`: by topic, the offset in the partition of the same number before which everything is in the states up to here',
  },
  {
    name: writerHeader,
    always: false,
    pattern: '.+',
    is: 'of `node.state`: the run of the service that wrote it',
  },
];

/** What is added to the headers of a record that could not be processed; its own stay. */
export const deadLetterHeaders: readonly HeaderDescription[] = [
  { name: 'dlt_topic', always: true, pattern: '.+', is: 'topic that it was on' },
  { name: 'dlt_reason', always: true, pattern: '.+', is: 'why it could not be processed' },
  { name: 'dlt_partition', always: false, pattern: '\\d+', is: 'partition that it was in' },
  { name: 'dlt_offset', always: false, pattern: '\\d+', is: 'its offset there' },
  { name: 'dlt_at', always: false, pattern: '\\d{4}-.+Z', is: 'when that was found, UTC' },
];

/** JSON Schema of the headers of one record. */
export function headerSchema(headers: readonly HeaderDescription[], others: 'allowed' | 'refused'): object {
  const properties = headers.map(({ name, pattern, is }) => [
    name,
    { type: 'string', description: is, ...(pattern === undefined ? {} : { pattern: `^${pattern}$` }) },
  ]);
  return {
    type: 'object',
    required: headers.filter(({ always }) => always).map(({ name }) => name),
    properties: Object.fromEntries(properties) as object,
    ...(others === 'allowed' ? {} : { additionalProperties: false }),
  };
}
