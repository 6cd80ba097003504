import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';

import { createProgram } from '../../cli/program.js';
import { runCommand, testTerminal } from './run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-usage-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const otherTable = join(folder, 'other.csv');
writeFileSync(otherTable, 'when,what\n2026-01-01,fire\n');
const configuration = join(folder, 'faultline.yaml');
writeFileSync(configuration, "installation: {dataFolder: data}\nhttp: {listen: '127.0.0.1:0'}\n");

const mistakes: readonly (readonly [words: string, what: RegExp, next: RegExp])[] = [
  ['demo --record /none', /^\/none: can't be read/, /--record a CSV file with the columns/],
  [`demo --record ${otherTable}`, /lacks the column\(s\) node/, /--record a CSV file with the columns/],
  ['simulate --record /none', /^\/none: can't be read/, /--record a CSV file with the columns/],
  [`simulate --record ${otherTable}`, /lacks the column\(s\) node/, /--record a CSV file with the columns/],
  ['demo --nodes 0.5', /'0\.5' is invalid.*whole number/, /`faultline demo --help`/],
  ['simulate --nodes 0.5', /'0\.5' is invalid.*whole number/, /`faultline simulate --help`/],
  ['demo --log-level foo', /'foo' is invalid.*debug, info, warn, error/, /`faultline demo --help`/],
  ['run --log-level foo', /'foo' is invalid.*debug, info, warn, error/, /`faultline run --help`/],
  ['demo --port abc', /'abc' is invalid.*from 0 to 65535/, /`faultline demo --help`/],
  ['demo --port 70000', /'70000' is invalid.*from 0 to 65535/, /`faultline demo --help`/],
  ['get nodes -o xml', /'xml' is invalid.*table, wide/, /`faultline get nodes --help`/],
  ['order abort p-1', /--reason <text>' not specified/, /`faultline order abort --help`/],
  ['get nodez', /unknown command 'nodez' \(Did you mean/, /`faultline get --help`/],
  ['nonsense', /unknown command 'nonsense'/, /`faultline --help`/],
  [`import /nope.gz --config ${configuration}`, /^\/nope\.gz can't be read/, /written by `faultline export`/],
  [`export /nope/x.gz --config ${configuration}`, /^\/nope\/x\.gz can't be written/, /existing folder/],
];

describe('a mistake on the command line', () => {
  it.each(mistakes)(
    'given %s, then it is told as one, with what to do: it asked for a bug report, or said no more',
    async (words, what, next) => {
      const { code, out, err } = await runCommand(words.split(' '));
      const [error = '', advice = '', ...more] = err.trimEnd().split('\n');
      expect({ code, out, more }).toEqual({ code: 2, out: '', more: [] });
      expect(error).toMatch(/^error \(Usage\): /);
      expect(error.replace('error (Usage): ', '')).toMatch(what);
      expect(advice).toMatch(/^next: /);
      expect(advice).toMatch(next);
    },
  );
});

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

it('no help shows a default of null', () => {
  const helps = everyCommand(createProgram(testTerminal().terminal)).map((one) => one.helpInformation());
  expect(helps.length).toBeGreaterThan(40);
  expect(helps.filter((help) => /default:\s+null/.test(help))).toEqual([]);
});
