import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { planted } from './sabotage/plant.js';
import { plants } from './sabotage/plants.js';
import { runVitest } from './sabotage/run-vitest.js';
import { storePlants } from './sabotage/store-plants.js';
import { storyFiles } from './sabotage/stories.js';

const root = join(import.meta.dirname, '../..');

it('every bug still fits where it is planted: one had come off its code, and nobody could have found it', async () => {
  const misfits: unknown[] = [];
  for (const plant of [...plants, ...storePlants]) {
    const text = await readFile(join(root, plant.file), 'utf8');
    try {
      expect(planted(plant, text)).not.toBe(text);
    } catch (misfit) {
      misfits.push(misfit);
    }
  }
  expect(misfits).toEqual([]);
});

it('a bug of a function of the database is planted where that function is made last: three were planted in what a later migration replaces', async () => {
  const replaced: string[] = [];
  for (const { name, file, find } of storePlants.filter((plant) => plant.file.endsWith('.sql'))) {
    const folder = join(root, dirname(file));
    const text = await readFile(join(root, file), 'utf8');
    const before = text.slice(0, text.indexOf(find));
    const [, made] = [...before.matchAll(/CREATE (?:OR REPLACE )?(FUNCTION journal\.\w+\()/g)].at(-1) ?? [];
    const later = (await readdir(folder)).filter((other) => other > basename(file));
    for (const other of later)
      if (made === undefined || (await readFile(join(folder, other), 'utf8')).includes(made))
        replaced.push(`${name}: ${made ?? 'no function'} in ${other}`);
  }
  expect(replaced).toEqual([]);
});

it('the bugs that have to be among them are, and nobody takes one away unseen', () => {
  const names = plants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(61);
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
      'a node is given back on whatever boot it runs',
      'a node is isolated on whatever boot it runs',
    ]),
  );
});

it('what talks to PostgreSQL and Kafka has its bugs, too: until then the simulator could only find those of the journal and log in memory', () => {
  const names = storePlants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith('PostgreSQL: ')).length).toBeGreaterThanOrEqual(17);
  expect(names.filter((name) => name.startsWith('Kafka: ')).length).toBeGreaterThanOrEqual(10);
});

it('tests that are to find a bug are there, by file and by name: twice they had moved away, and would have found nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-plants-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const list = join(folder, 'tests.json');
  const files = [...new Set([...storyFiles, ...storePlants.flatMap(({ tests }) => tests)])];
  const said = await runVitest(root, ['list', `--json=${list}`, ...files]);
  const listed = JSON.parse(await readFile(list, 'utf8').catch(() => said)) as Listed[];
  const names = (file: string): readonly string[] =>
    listed.filter((one) => relative(root, one.file) === file).map(({ name }) => name.replaceAll(' > ', ' '));
  const blind = storePlants.flatMap(({ name, tests, named = '' }) =>
    tests.some((file) => names(file).some((test) => new RegExp(named).test(test))) ? [] : [name],
  );
  const stories = storyFiles.flatMap(names);
  const untold = plants.flatMap(({ name, story }) =>
    story === undefined || stories.some((told) => told.includes(story)) ? [] : [name],
  );
  expect([...blind, ...untold]).toEqual([]);
});

interface Listed {
  readonly name: string;
  readonly file: string;
}
