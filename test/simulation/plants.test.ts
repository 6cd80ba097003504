import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plants } from './sabotage/plants.js';

const root = join(import.meta.dirname, '../..');

it('every bug still fits where it is planted: one had come off its code, and nobody could have found it', async () => {
  const misfits: string[] = [];
  for (const { name, file, find } of plants) {
    const places = (await readFile(join(root, file), 'utf8')).split(find).length - 1;
    if (places !== 1) misfits.push(`${name}: ${places} places in ${file}`);
  }
  expect(misfits).toEqual([]);
});
