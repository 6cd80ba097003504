import type { SchemaFile } from './avro-files.js';
import { typeOf } from './compatibility.js';

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What is wrong with one schema by itself: our namespace, a doc on every field and named type, a default UNKNOWN on
 * every enum, null first and as default where a field may be absent.
 */
export function contractProblems(file: SchemaFile): readonly string[] {
  const type = typeOf(file);
  if (typeof type === 'string') return [`Avro refuses it: ${type}`];
  const problems: string[] = [];
  if (file.schema.namespace !== 'dev.faultline') problems.push('namespace must be dev.faultline');
  const expected = file.schema.name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
  if (file.file !== `${expected}.v${file.version}.avsc`) {
    problems.push(`must be named ${expected}.v${file.version}.avsc, as its record ${file.schema.name}`);
  }
  inspect(file.schema, file.schema.name, problems);
  return problems;
}

function inspect(type: unknown, path: string, problems: string[]): void {
  if (Array.isArray(type)) {
    for (const branch of type) inspect(branch, path, problems);
    return;
  }
  if (!isNode(type)) return;
  if (typeof type['name'] === 'string' && !hasDoc(type)) problems.push(`${path}: ${type['name']} has no doc`);
  if (type['type'] === 'enum') inspectEnum(type, path, problems);
  const fields: unknown = type['fields'];
  if (Array.isArray(fields)) for (const field of fields) inspectField(field, path, problems);
  inspect(type['items'], `${path}[]`, problems);
  inspect(type['values'], `${path}{}`, problems);
}

function inspectEnum(type: Node, path: string, problems: string[]): void {
  const symbols: unknown = type['symbols'];
  if (!Array.isArray(symbols) || !symbols.includes('UNKNOWN') || type['default'] !== 'UNKNOWN') {
    problems.push(
      `${path}: an enum needs the symbol and default UNKNOWN, or old readers fail at new symbols`,
    );
  }
}

function inspectField(field: unknown, path: string, problems: string[]): void {
  if (!isNode(field)) return;
  const place = `${path}.${String(field['name'])}`;
  if (!hasDoc(field)) problems.push(`${place} has no doc`);
  const type = field['type'];
  if (Array.isArray(type) && type.includes('null') && (type[0] !== 'null' || field['default'] !== null)) {
    problems.push(`${place} may be absent: null must come first and be the default`);
  }
  inspect(type, place, problems);
}

function hasDoc(node: Node): boolean {
  return typeof node['doc'] === 'string' && node['doc'].trim() !== '';
}
