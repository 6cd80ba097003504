import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
let folder: string;

beforeEach(() => {
  mkdirSync(join(root, 'reports'), { recursive: true });
  // Within the clone: the files import the test runner.
  folder = mkdtempSync(join(root, 'reports/made-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm test` learns of these test files. */
function found(files: Readonly<Record<string, string>>): unknown {
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { beforeAll, expect, it } from 'vitest';\n${body}`);
  }
  // Else the clone's own is taken, by which these files are no tests.
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  const report = join(folder, 'found.json');
  const reporter = `--reporter=${join(root, 'tools/report-found.mjs')}`;
  const line = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, reporter];
  spawnSync(process.execPath, line, { env: { ...process.env, FAULTLINE_FOUND: report } });
  return JSON.parse(readFileSync(report, 'utf8'));
}

it('given tests, hooks and files that fail, then each is told in a line, with the first of what it said and what was told of it', () => {
  const { files, unhandled } = found({
    'a.test.ts': "it('holds', () => {});\nit('differs', () => { expect([1, 2]).toEqual([]); });",
    'b.test.ts': "beforeAll(() => { throw new Error('no port\\nmore'); });\nit('waits', () => {});",
    'c.test.ts': "throw new Error('\\nnot to be loaded');",
    'd.test.ts': "it('leaves', () => { void Promise.reject(new Error('left alone')); });",
    'e.test.ts':
      "it('tells', ({ task }) => { task.meta.told = ['one', 'two']; throw new Error('not so'); });",
  }) as { files: { file: string }[]; unhandled: string[] };
  expect(files.toSorted((one, other) => one.file.localeCompare(other.file))).toMatchObject([
    {
      file: 'a.test.ts',
      passed: 1,
      leftOut: 0,
      failures: [expect.stringMatching(/^ > differs: expected \[/)],
    },
    { file: 'b.test.ts', passed: 0, leftOut: 1, failures: [': no port'] },
    { file: 'c.test.ts', passed: 0, leftOut: 0, failures: [': not to be loaded'] },
    { file: 'd.test.ts', passed: 1, leftOut: 0, failures: [] },
    { file: 'e.test.ts', failures: [' > tells: not so\n      one\n      two'] },
  ]);
  expect(unhandled).toEqual(['in no test: left alone']);
});
