import type { AvroSchema } from '../avro-files.js';
import { catalog, factTopics, stateTopic } from '../catalog.js';
import { allEvents, schemaOf } from '../codec.js';
import { isNode, nodesIn, text, type Node } from './schema-nodes.js';

/** Types inside one schema that have a name: later they are meant by it alone. */
type Named = Map<string, string>;

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
};

/** A type of Avro in TypeScript, as values of it are read. */
function typeOf(type: unknown, named: Named): string {
  if (Array.isArray(type)) return type.map((branch) => typeOf(branch, named)).join(' | ');
  if (typeof type === 'string') return primitives[type] ?? named.get(type) ?? 'unknown';
  return isNode(type) ? typeOfNode(type, named) : 'unknown';
}

function typeOfNode(node: Node, named: Named): string {
  switch (node['type']) {
    case 'array':
      return `readonly (${typeOf(node['items'], named)})[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(node['values'], named)}>>`;
    case 'enum': {
      const symbols = Array.isArray(node['symbols']) ? node['symbols'] : [];
      return remembered(node, named, symbols.map((symbol) => `'${text(symbol)}'`).join(' | '));
    }
    case 'record':
      return remembered(
        node,
        named,
        `{ ${nodesIn(node['fields'])
          .map((field) => fieldOf(field, named))
          .join(' ')} }`,
      );
    default:
      return typeOf(node['type'], named);
  }
}

function remembered(node: Node, named: Named, type: string): string {
  const name = text(node['name']);
  named.set(name, type).set(`dev.faultline.${name}`, type);
  return type;
}

function fieldOf(field: Node, named: Named): string {
  return `readonly ${text(field['name'])}: ${typeOf(field['type'], named)};`;
}

function interfaceOf(schema: AvroSchema): string {
  const named: Named = new Map();
  const fields = schema.fields.flatMap((field) => [
    `  /** ${text({ ...field }['doc'])} */`,
    `  ${fieldOf({ ...field }, named)}`,
  ]);
  return [`/** ${schema.doc ?? schema.name} */`, `export interface ${schema.name} {`, ...fields, '}'].join(
    '\n',
  );
}

function topicsOfClient(): readonly string[] {
  return catalog.flatMap(({ topic, event }) => (event === undefined ? [] : [`  '${topic}': '${event}',`]));
}

/** packages/client/src/generated/events.ts: what subscribers get, from the newest schemas and the catalog. */
export function clientEventsModule(): string {
  const schemas = allEvents.map((event) => `  ${event}: ${JSON.stringify(schemaOf(event))},`);
  return [
    '// Generated from `schemas/` by `npm run docs`.',
    '',
    ...allEvents.map((event) => `${interfaceOf(schemaOf(event))}\n`),
    '/** Every event, and what it holds. */',
    'export interface EventData {',
    ...allEvents.map((event) => `  ${event}: ${event};`),
    '}',
    '',
    '/** The event that the records of a topic hold. */',
    'export const eventOfTopic = {',
    ...topicsOfClient(),
    '} as const satisfies Readonly<Record<string, keyof EventData>>;',
    '',
    '/** Topics whose records each follow from one fact of a node, and have its sequence. */',
    'export const factTopics: ReadonlySet<string> = new Set([',
    ...factTopics.map((topic) => `  '${topic}',`),
    ']);',
    '',
    '/** Where the present state of each node stands. */',
    `export const stateTopic = '${stateTopic}';`,
    '',
    '/** Whatever schema an event was written with, it is read into this one. */',
    'export const readerSchemas: Readonly<Record<keyof EventData, object>> = {',
    ...schemas,
    '};',
    '',
  ].join('\n');
}
