import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lockClasses } from '../../../adapters/postgres/journal/session-locks.js';
import { migrationsFolder } from '../../../adapters/postgres/migrate.js';

/** First numbers of the advisory locks that the functions of the database take. */
function classesOfFunctions(): readonly number[] {
  const folder = migrationsFolder('journal');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return texts
    .flatMap((text) => [...text.matchAll(/pg_(?:try_)?advisory_\w*lock\w*\((\d+), /g)])
    .map(([, number]) => Number(number));
}

it('given all that we lock in a database, then nothing waits for what is another thing (a claim waited for whoever archived)', () => {
  const classes = Object.values(lockClasses);
  expect(new Set(classes).size).toBe(classes.length);
  const ofFunctions = classesOfFunctions();
  expect(ofFunctions.length).toBeGreaterThan(0);
  expect(ofFunctions.filter((number) => classes.some((other) => other === number))).toEqual([]);
});
