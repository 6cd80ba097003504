import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptOf } from '../../simulation/schedules/try-seeds.js';
import { writtenSchedule } from '../../simulation/schedules/stored-schedule.js';

const root = join(import.meta.dirname, '../..');
const simulate = ['--import', 'tsx', 'test/simulation/main.ts'];
const sabotage = ['--import', 'tsx', 'test/simulation/sabotage/main.ts'];
const mutate = ['tools/mutate.mjs'];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-commands-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function called(command: readonly string[], ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], {
    cwd: root,
    encoding: 'utf8',
    // Nothing was mutated there.
    env: { ...process.env, FAULTLINE_CACHE: folder },
  });
  return { status, stdout, lines: stderr.trim().split('\n') };
}

describe('a command that is called wrongly ends with 2, and says in one line what it takes: it ended well, having done nothing', () => {
  it.each([
    [simulate, ['--schedules', 'abc'], '--schedules takes a whole number from 1 on, not "abc"'],
    [simulate, ['--schedule', 'package.json'], '--schedule takes a file that a failure was written to'],
    [sabotage, ['--bogus'], "Unknown option '--bogus'"],
    [sabotage, ['--only', 'no such bug'], "--only takes words of a bug's name"],
    [mutate, ['--bogus'], "Unknown option '--bogus'"],
    [mutate, ['--survivors'], '--survivors takes the files to show'],
  ])('%s %s', { timeout: 60_000 }, (command, args, line) => {
    const { status, stdout, lines } = called(command, ...args);
    expect(lines).toEqual([expect.stringContaining(line)]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each([[simulate], [sabotage], [mutate]])(
    '%s --help says what there is',
    { timeout: 60_000 },
    (command) => {
      const { status, stdout } = called(command, '--help');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^npm run .*Exit code 0:/s);
    },
  );
});

describe('npm run mutate', () => {
  it('ends with 1 where nothing was mutated: it said 100 % of nothing', () => {
    const { status, lines } = called(mutate);
    expect({ status, lines }).toEqual({ status: 1, lines: [expect.stringContaining('nothing was mutated')] });
  });

  it('ends with 1 where something survives that nobody has explained, however much was killed', () => {
    const file = 'services/maintenance/decide/timers.ts';
    const place = { start: { line: 1, column: 1 }, end: { line: 1, column: 7 } };
    const mutant = (status: string) => ({ status, location: place, replacement: 'never' });
    const mutants = [mutant('Survived'), ...Array.from({ length: 99 }, () => mutant('Killed'))];
    const results = join(folder, 'mutation');
    mkdirSync(results);
    const source = readFileSync(join(root, file), 'utf8');
    writeFileSync(
      join(results, 'incremental.json'),
      JSON.stringify({ files: { [file]: { source, mutants } } }),
    );
    try {
      const { status, stdout, lines } = called(mutate);
      expect(stdout).toContain('99.0 %');
      expect(status).toBe(1);
      expect(lines).toContainEqual(
        expect.stringContaining(`${file}: no test sees import -> never: write one, or explain it`),
      );
    } finally {
      rmSync(results, { recursive: true });
    }
  });
});

describe('npm run simulate', () => {
  it('plays a schedule from a file', { timeout: 60_000 }, () => {
    const file = join(folder, 'schedule.json');
    writeFileSync(file, writtenSchedule({ seed: 3, script: scriptOf(3), deviations: new Map() }));
    const { status, stdout } = called(simulate, '--schedule', file);
    expect(stdout).toMatch(/^the schedule, \d+ steps, keeps every promise\n$/);
    expect(status).toBe(0);
  });
});
