import type { AvroSchema } from '../avro-files.js';
import { isNode, nodesIn, text, type Node } from './schema-nodes.js';

export interface FieldDescription {
  /** `pods[].namespace` */
  readonly path: string;
  readonly type: string;
  readonly doc: string;
}

/** A type in words; what is null first may be absent. */
function typeText(type: unknown): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) {
    const branches = type.filter((branch) => branch !== 'null').map(typeText);
    return `${branches.join(' or ')}${branches.length < type.length ? ', or absent' : ''}`;
  }
  if (!isNode(type)) return '';
  switch (type['type']) {
    case 'enum':
      return Array.isArray(type['symbols'])
        ? type['symbols'].map((symbol) => `\`${text(symbol)}\``).join(' ')
        : '';
    case 'array':
      return `list of ${typeText(type['items'])}`;
    case 'map':
      return `map of ${typeText(type['values'])}`;
    case 'record':
      return text(type['name']);
    default:
      return text(type['logicalType']) || text(type['type']);
  }
}

/** Fields of the records inside a type. */
function nested(path: string, type: unknown): readonly FieldDescription[] {
  if (Array.isArray(type)) return type.flatMap((branch) => nested(path, branch));
  if (!isNode(type)) return [];
  if (type['type'] === 'array') return nested(`${path}[]`, type['items']);
  if (type['type'] === 'map') return nested(`${path}{}`, type['values']);
  return nodesIn(type['fields']).flatMap((field) => described(`${path}.${text(field['name'])}`, field));
}

function described(path: string, field: Node): readonly FieldDescription[] {
  const { type, doc } = field;
  return [{ path, type: typeText(type), doc: text(doc) }, ...nested(path, type)];
}

/** All fields of a schema, those of records within it by their path. */
export function fieldsOf({ fields }: AvroSchema): readonly FieldDescription[] {
  return fields.flatMap((field) => described(field.name, { ...field }));
}
