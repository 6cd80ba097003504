import avro, { type Type } from 'avsc';
import type { SchemaFile } from './avro-files.js';

/** Why two versions of one event can't read each other, each way; empty: they can. */
export function incompatibilities(earlier: SchemaFile, later: SchemaFile): readonly string[] {
  const [old, next] = [typeOf(earlier), typeOf(later)];
  if (typeof old === 'string' || typeof next === 'string') return [];
  const pairs = [
    { reader: next, writer: old, words: `can't read what ${earlier.file} wrote` },
    { reader: old, writer: next, words: `can't be read by ${earlier.file}` },
  ];
  return pairs.flatMap(({ reader, writer, words }) => {
    const reason = whyUnreadable(reader, writer);
    return reason === undefined ? [] : [`${words}: ${reason}`];
  });
}

function whyUnreadable(reader: Type, writer: Type): string | undefined {
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The type, or why Avro refuses the schema (which the rules of the contract report). */
export function typeOf(file: SchemaFile): Type | string {
  try {
    return avro.parse(JSON.stringify(file.schema)) as Type;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
