import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFaultline } from '../../stack/faultline-process.js';
import { repository } from './repository-files.js';

const run = promisify(execFile);
const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
const minute = 60_000;
let folder = '';

/** Sources of the `COPY` lines of the last stage that come from the build context. */
const copied = [...lastStage.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, paths = '']) =>
  paths.split(' ').slice(0, -1),
);

function entrypoint(): readonly string[] {
  const [, list = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(lastStage) ?? [];
  const words: unknown = JSON.parse(list);
  return Array.isArray(words) ? words.map(String) : [];
}

/** What the image holds, laid out without Docker. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-image-'));
  for (const path of copied) cpSync(join(repository, path), join(folder, path), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  // In place, where nothing is compiled twice; copied, since the command finds its files from where it lies.
  await buildFaultline();
  cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true });
}, 5 * minute);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the image', () => {
  it(
    'holds all that the command reads at its start, the contracts among it',
    async () => {
      const [program, ...args] = entrypoint();
      expect(program).toBe('node');
      const { stdout } = await run(process.execPath, [...args, 'schemas', 'check'], { cwd: folder });
      expect(stdout).not.toBe('');
      const help = await run(process.execPath, [...args, 'run', '--help'], { cwd: folder });
      expect(help.stdout).toContain('--only');
    },
    minute,
  );

  it('holds the migrations and the record of the demo', () => {
    expect(copied).toEqual(expect.arrayContaining(['adapters/postgres/migrations', 'data', 'package.json']));
  });

  it('is not root, by number, and listens on the port that it names', () => {
    expect(lastStage).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(lastStage).toMatch(/^EXPOSE 7766$/m);
  });

  it('is built from no folder that .dockerignore keeps out, and from no secret', () => {
    const ignored = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toContain('*');
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(allowed).not.toContain('deploy');
    const manifest = readFileSync(join(repository, 'tsconfig.build.json'), 'utf8');
    const compiled = [...manifest.matchAll(/"(\w+)\/\*\*/g)].map(([, name]) => name);
    expect(compiled.length).toBeGreaterThan(5);
    const needed = [...compiled, ...copied.map((path) => path.split('/')[0])];
    expect(allowed).toEqual(expect.arrayContaining(needed));
  });
});
