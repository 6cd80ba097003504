import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PackageIncomplete, packageRoot } from '../../schemas/package-root.js';

const root = resolve(import.meta.dirname, '../..');

describe('the files that ship beside the code', () => {
  it('are found from the sources as from the build', () => {
    expect(packageRoot()).toBe(root);
    expect(packageRoot(join(root, 'dist', 'schemas'))).toBe(root);
  });

  it('are found by a process that runs the sources', () => {
    const script =
      "import { allEvents } from './schemas/codec.js'; process.stdout.write(String(allEvents.length));";
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toBe('10');
  });

  it('are missed by name where the package is not', () => {
    expect(() => packageRoot(tmpdir())).toThrow(PackageIncomplete);
  });
});
