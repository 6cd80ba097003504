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

it('the bugs that have to be among them are, and nobody takes one away unseen', () => {
  const names = plants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(46);
  expect(names).toEqual(
    expect.arrayContaining([
      'redelivered input is decided again',
      'reports are acknowledged before the log has them',
      'whoever answers under the name is taken for the node',
      'the guard asks for nothing',
      'power is switched off again by whoever does not know how the first try ended',
      'a timer that a clock ahead fired early is heard at once',
      'the outbox is marked by cursor',
      'a claim that was answered late is acted on',
      'a node is given back without a look at it',
    ]),
  );
});
