import type { AvroSchema } from '../../schemas/avro-files.js';
import { bundledSchemas, schemaOf } from '../../schemas/codec.js';
import { fingerprint } from '../../schemas/fingerprint.js';
import type { SchemaIds } from '../ports/schema-ids.js';

/** Two schemas fell on one id: practically impossible, and never to be overlooked. */
export class SchemaIdsCollide extends Error {
  override readonly name = 'SchemaIdsCollide';
}

/** First 31 bits of the fingerprint: a positive id that stays the same for the same schema, whatever else is bundled. */
export function bundledId(schema: AvroSchema): number {
  return Number.parseInt(fingerprint(schema).slice(0, 8), 16) & 0x7fffffff;
}

/** Ids without a registry, for the embedded mode. */
export function bundledSchemaIds(): SchemaIds {
  const byId = new Map<number, AvroSchema>();
  // A fingerprint of the whole schema for every record sent was a thirtieth of all the work.
  const ids = new Map<string, Promise<number>>();
  for (const { schema, file } of bundledSchemas()) {
    const id = bundledId(schema);
    if (byId.has(id))
      throw new SchemaIdsCollide(`${file} has the id ${id} of another schema: change a doc in it`);
    byId.set(id, schema);
  }
  return {
    idOf: (event) => {
      const known = ids.get(event) ?? Promise.resolve(bundledId(schemaOf(event)));
      ids.set(event, known);
      return known;
    },
    schemaById: (id) => Promise.resolve(byId.get(id)),
  };
}
