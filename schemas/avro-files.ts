import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageIncomplete, packageRoot } from './package-root.js';

/** The schema of one event as the file holds it: a record, nested types inline. */
export interface AvroSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  /** Any Avro type. */
  readonly type: unknown;
  readonly doc?: string;
  readonly default?: unknown;
}

export interface SchemaFile {
  /** `signal.v1.avsc` */
  readonly file: string;
  /** `Signal`, the record's name. */
  readonly event: string;
  readonly version: number;
  readonly schema: AvroSchema;
}

function isField(value: unknown): value is AvroField {
  return typeof value === 'object' && value !== null && 'name' in value && 'type' in value;
}

/** Whether `value` has the form of a record schema; nested types are left to the Avro library. */
export function isAvroSchema(value: unknown): value is AvroSchema {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'record' &&
    'name' in value &&
    typeof value.name === 'string' &&
    'fields' in value &&
    Array.isArray(value.fields) &&
    value.fields.every(isField)
  );
}

export function avroFolder(): string {
  return join(packageRoot(), 'schemas', 'avro');
}

/**
 * All schema files of a folder, by event and version. Throws PackageIncomplete, naming the file, when one is not a
 * schema or not named `<event>.v<version>.avsc`.
 */
export function readSchemaFiles(folder: string = avroFolder()): readonly SchemaFile[] {
  const files: SchemaFile[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.avsc'))) {
    const version = /^[a-z]+(?:-[a-z]+)*\.v([1-9]\d*)\.avsc$/.exec(file)?.[1];
    if (version === undefined)
      throw new PackageIncomplete(`${join(folder, file)} is not named <event>.v<version>.avsc: rename it`);
    files.push({
      file,
      version: Number(version),
      ...parseSchema(join(folder, file)),
    });
  }
  return files.sort((a, b) => a.event.localeCompare(b.event, 'en') || a.version - b.version);
}

function parseSchema(path: string): { event: string; schema: AvroSchema } {
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new PackageIncomplete(`${path} is not JSON: restore it`, { cause: error });
  }
  if (!isAvroSchema(schema)) throw new PackageIncomplete(`${path} is not an Avro record: restore it`);
  return { event: schema.name, schema };
}
