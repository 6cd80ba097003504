import { catalog, type CatalogTopic } from '../catalog.js';
import { allEvents, schemaOf } from '../codec.js';
import type { EventName } from '../event-payloads.js';
import { deadLetterHeaders, eventHeaders, headerSchema } from './event-headers.js';

const bindingVersion = '0.5.0';
const deadLetter = 'DeadLetter';

function messageOf(event: EventName): object {
  const schema = schemaOf(event);
  return {
    name: event,
    title: event,
    summary: schema.doc ?? '',
    contentType: 'application/avro',
    headers: headerSchema(eventHeaders, 'refused'),
    correlationId: { location: '$message.header#/ce_correlationid' },
    payload: { schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema },
    bindings: {
      kafka: {
        key: { type: 'string', description: '<cluster>/<node>' },
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        bindingVersion,
      },
    },
  };
}

const deadLetterMessage = {
  name: deadLetter,
  title: deadLetter,
  summary: 'A record that could not be processed, its bytes and headers untouched.',
  contentType: 'application/octet-stream',
  headers: headerSchema(deadLetterHeaders, 'allowed'),
  payload: { description: 'Any bytes, or none.' },
  bindings: { kafka: { key: { type: 'string' }, bindingVersion } },
};

const whatClassesAre: Readonly<Record<CatalogTopic['class'], string>> = {
  input: 'What maintenance decides by.',
  fact: 'What happened.',
  request: 'What others are asked to do.',
  audit: 'To account for what was decided.',
  state: 'What has become of each node, of each the latest.',
  'dead-letter': 'What could not be processed.',
};

function messageName({ event }: CatalogTopic): string {
  return event ?? deadLetter;
}

function channelOf(entry: CatalogTopic): object {
  const name = messageName(entry);
  return {
    address: entry.topic,
    description: `${whatClassesAre[entry.class]} Key: ${entry.key}.`,
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
    bindings: {
      kafka: {
        topicConfiguration: {
          'cleanup.policy': [entry.compacted ? 'compact' : 'delete'],
          'retention.ms': entry.retentionMs,
        },
        bindingVersion,
      },
    },
  };
}

function operationOf(action: 'send' | 'receive', entry: CatalogTopic): readonly [string, object] {
  const channel = `#/channels/${entry.topic}`;
  return [
    `${action}-${entry.topic}`,
    {
      action,
      summary: action === 'send' ? `Faultline writes ${entry.topic}` : `Others write ${entry.topic}`,
      channel: { $ref: channel },
      messages: [{ $ref: `${channel}/messages/${messageName(entry)}` }],
    },
  ];
}

/** AsyncAPI 3 description of all topics; `docs/asyncapi.json` holds it. Servers are the installation's own. */
export function asyncApiDocument(version: string): object {
  const operations = catalog.flatMap((entry) => [
    operationOf('send', entry),
    ...(entry.openToProducers ? [operationOf('receive', entry)] : []),
  ]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Faultline events',
      version,
      description:
        'Every report, decision, step and outcome. At least once, in order per node; values in Confluent’s wire format (a zero byte, the schema id as four bytes, Avro).',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/avro',
    channels: Object.fromEntries(catalog.map((entry) => [entry.topic, channelOf(entry)])),
    operations: Object.fromEntries(operations),
    components: {
      messages: {
        ...Object.fromEntries(allEvents.map((event) => [event, messageOf(event)])),
        [deadLetter]: deadLetterMessage,
      },
    },
  };
}
