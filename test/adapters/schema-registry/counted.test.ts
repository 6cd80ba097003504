import { expect, it } from 'vitest';

import { SchemaRegistryUnavailable, type SchemaIds } from '../../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { CountedSchemaIds } from '../../../adapters/schema-registry/counted.js';

const away: SchemaIds = {
  idOf: () => Promise.reject(new SchemaRegistryUnavailable('nobody there', 'away')),
  schemaById: () => Promise.reject(new SchemaRegistryUnavailable('wrong token', 'denied')),
};

it('what goes well is not counted, and passed on', async () => {
  const ids = bundledSchemaIds();
  const counted = new CountedSchemaIds(ids);
  const id = await counted.idOf('Signal');
  expect(id).toBe(await ids.idOf('Signal'));
  expect(await counted.schemaById(id)).toBe(await ids.schemaById(id));
  expect([...counted.problems]).toEqual([]);
});

it('given a registry that is away or denies us, then each question is counted by what was wrong, and rejects as before', async () => {
  const counted = new CountedSchemaIds(away);
  await expect(counted.idOf('Signal')).rejects.toThrow('nobody there');
  await expect(counted.idOf('Signal')).rejects.toThrow('nobody there');
  await expect(counted.schemaById(7)).rejects.toThrow('wrong token');
  expect([...counted.problems]).toEqual([
    ['away', 2],
    ['denied', 1],
  ]);
});

it('given a record of a schema that nobody registered, then that is counted too', async () => {
  const counted = new CountedSchemaIds(bundledSchemaIds());
  expect(await counted.schemaById(4_711)).toBeUndefined();
  expect([...counted.problems]).toEqual([['unknownId', 1]]);
});
