import { bundledSchemas, allEvents, schemaOf } from '../codec.js';
import { catalog, topicsOfEvent, type CatalogTopic } from '../catalog.js';
import type { EventName } from '../event-payloads.js';
import { roles, topicsOfRole } from '../roles.js';
import { deadLetterHeaders, eventHeaders, type HeaderDescription } from './event-headers.js';
import { fieldsOf } from './schema-fields.js';

const dayMs = 86_400_000;

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function topicRow(entry: CatalogTopic): readonly string[] {
  const { topic, event, retentionMs } = entry;
  const may = (of: 'reads' | 'writes'): string =>
    roles.filter((role) => role !== 'faultline' && topicsOfRole(role)[of].includes(topic)).join(', ');
  const kept = retentionMs < 0 ? 'for ever' : `${retentionMs / dayMs} days`;
  const shown = event === undefined ? 'any bytes' : `[${event}](#${event.toLowerCase()})`;
  return [`\`${topic}\``, shown, entry.class, kept, may('reads'), may('writes')];
}

/** Prose in Markdown, where angles would be taken for HTML. */
function prose(text: string): string {
  return text.replaceAll('<', '\\<');
}

function headerRows(headers: readonly HeaderDescription[]): readonly (readonly string[])[] {
  return headers.map(({ name, always, is }) => [`\`${name}\``, always ? 'always' : 'sometimes', is]);
}

function sectionOf(event: EventName): readonly string[] {
  const schema = schemaOf(event);
  const versions = bundledSchemas().filter((file) => file.event === event).length;
  const topics = topicsOfEvent(event).map((topic) => `\`${topic}\``);
  return [
    `## ${event}`,
    '',
    `${prose(schema.doc ?? '')} On ${topics.join(', ')}; version ${versions}.`,
    '',
    ...table(
      ['field', 'type', 'what'],
      fieldsOf(schema).map(({ path, type, doc }) => [`\`${path}\``, type, prose(doc)]),
    ),
    '',
  ];
}

/** docs/events.md */
export function eventsDocument(): string {
  return [
    '# Events',
    '',
    'Generated from `schemas/`; [asyncapi.json](asyncapi.json) says the same to programs. Records come at least once, and in',
    'order per key (`<cluster>/<node>`; of `guard.pauses` the pause). The value is Avro in Confluent’s wire format: a zero byte, the id of the schema in the',
    'registry as four bytes, the Avro bytes. Schemas only ever gain fields with defaults and symbols of enums: read an unknown',
    'symbol as `UNKNOWN`. `faultline topics acls` gives users the rights named here.',
    '',
    'Without Kafka: `GET /v1/events` of the console gives what subscribers may read as Server-Sent Events, each a CloudEvent under',
    'the same id ([openapi.json](openapi.json)). Whoever comes again with `Last-Event-ID` goes on there, and may hear the last',
    'seconds again: know events by `id` and `source`. [Webhooks](webhooks.md) post the same to an address of yours.',
    '',
    '## The present, then what changes',
    '',
    'Whoever begins needs the present state of all nodes, and then all changes, with no gap. Both may tell of one change; which',
    'are told twice is seen by `sequence`: **of a node, leave what is not above the sequence of its state**, compared as text.',
    '',
    '* By Server-Sent Events: `GET /v1/events?snapshot=true` gives every node as `NodeState`, then `snapshot-end` with an id, then what',
    '  is published. Cut off before `snapshot-end`: begin anew. After it: go on with `Last-Event-ID`, which tells no states again.',
    '* By pages: read `GET /v1/nodes`, keep `resume` of the **first** page and `sequence` of each node; then `GET /v1/events` with that as',
    '  `Last-Event-ID`.',
    '* By Kafka: read `node.state`, which keeps the latest state of each node, to its end, and keep the highest `ce_sequence` of each node;',
    '  of each partition keep the highest offset by topic in `state_covers` (`maintenance.events=120,fault.hardware=7`). Then begin in',
    '  the partition of that number, in each topic that you want, at that offset; where there is none, at the beginning. A topic that has',
    '  forgotten what stood at that offset, or has forgotten anything where there is none: the states are behind, wait for them. `health` is `UNKNOWN` for',
    '  what a restored journal knows nothing of. The service `node-states` writes it (docs/decisions/0031); it may be some seconds behind.',
    '',
    'A state is what the journal had decided when it was read, and everything that was decided later is published later: so nothing is',
    'between them. Filters by node, cluster and label hold for states too; those by topic, type, class and outcome only for events.',
    'A record of `fault.report-fates` accounts for reports of many nodes: whoever asks for one of them gets it, whole.',
    '',
    '[`@faultline/client`](../packages/client/README.md) does both for TypeScript; beside it are examples in Python and Java.',
    '',
    'What the log no longer has: `GET /v1/events` that begins before it gives the events of facts from the journal first, node after node, and',
    'then the log (docs/decisions/0025). Those of the journal are known by this: they have no `partition` and `offset`. They have no `replay`',
    'either, since it says that nobody is to act upon them, and whoever comes again after a long time has not heard of them yet.',
    '`faultline events --config` reads the journal alone, all that there ever was, with the same value and headers, and each event with `replay`',
    '`journal` (docs/decisions/0021). `faultline republish --to TOPIC` sends them to a topic of its own, each with `ce_replay` and the run: **who acts',
    'on events leaves those out**, as all services of Faultline do. Only `fault.report-fates` and the inputs are gone for ever.',
    '',
    '## Topics',
    '',
    ...table(['topic', 'event', 'class', 'kept', 'read by', 'written by others'], catalog.map(topicRow)),
    '',
    '## Headers',
    '',
    ...table(['header', 'there', 'what'], headerRows(eventHeaders)),
    '',
    'Dead letters keep the headers they had, and have these:',
    '',
    ...table(['header', 'there', 'what'], headerRows(deadLetterHeaders)),
    '',
    ...allEvents.flatMap(sectionOf),
  ].join('\n');
}
