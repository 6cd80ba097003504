import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { componentFolder } from '../../stack/cache.js';
import { stackRecipes, toxiproxyRecipe } from '../../stack/component-recipes.js';
import { nodeRecipe, otherNodeVersions } from '../../stack/node-versions.js';
import { javaSubscriberRecipe, pythonSubscriberRecipe } from '../../stack/subscriber-recipes.js';

let machine: string;

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'faultline-machine-'));
  for (const folder of ['programs', 'cache']) mkdirSync(join(machine, folder));
  // Where it can be had from differs by system; here it is there.
  for (const name of ['kcat', 'prometheus', 'promtool']) install(name, name);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(machine, { recursive: true, force: true });
});

/** A program that prints this and ends with 0, or with 1 if it is asked for what `lacks` says. */
function install(name: string, prints: string, lacks = 'nothing'): void {
  const file = join(machine, 'programs', name);
  writeFileSync(file, `#!/bin/sh\ncase "$*" in *"${lacks}"*) exit 1;; esac\nprintf '%s\\n' '${prints}'\n`);
  chmodSync(file, 0o755);
}

const current = {
  java: 'openjdk version "17.0.9" 2023-10-17',
  javac: 'javac 17.0.9',
  mvn: 'Apache Maven 3.9.6',
  go: 'go version go1.25.1 linux/amd64',
  python3: 'Python 3.11.7',
  openssl: 'OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)',
};

function installAll(): void {
  for (const [name, prints] of Object.entries(current)) install(name, prints);
}

/** `npm test -- real` on a machine that has just these programs, as far as PATH tells. */
function npmTest(part = 'real') {
  const env = { PATH: join(machine, 'programs'), FAULTLINE_CACHE: join(machine, 'cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/test.mjs', part], {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, lines: stderr.trim().split('\n') };
}

describe('npm test, on a machine that lacks programs', () => {
  it('names each of them in a line with how to get it, fails, and begins nothing', () => {
    const { status, stdout, lines } = npmTest();
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'java',
      'mvn',
      'python3',
      'go',
      'javac',
      'openssl',
    ]);
    for (const line of lines) expect(line).toMatch(/^\S+ [\d.]+ or newer is missing\. Get it: .+/);
    expect(stdout).toBe('0 passed, 1 failed\n');
    expect(status).toBe(1);
  });

  it('names what is there, but too old', () => {
    installAll();
    install('java', 'openjdk version "11.0.2" 2019-01-15');
    install('go', 'go version go1.19.8 linux/amd64');
    expect(npmTest().lines).toEqual([
      expect.stringContaining('java 17 or newer is needed, this is 11.0. Get it: '),
      expect.stringContaining('go 1.25 or newer is needed, this is 1.19. Get it: '),
    ]);
  });

  it('names a Python that came without its module venv', () => {
    installAll();
    install('python3', current.python3, 'ensurepip');
    expect(npmTest().lines).toEqual([expect.stringContaining('python3 is there without its module venv')]);
  });

  it('asks for no builder of what is built already', async () => {
    vi.stubEnv('FAULTLINE_CACHE', join(machine, 'cache'));
    const subscribers = [pythonSubscriberRecipe, javaSubscriberRecipe];
    const nodes = otherNodeVersions.map(nodeRecipe);
    for (const recipe of [...stackRecipes, toxiproxyRecipe, ...nodes, ...subscribers]) {
      mkdirSync(await componentFolder(recipe), { recursive: true });
    }
    expect(npmTest().lines).toEqual([
      expect.stringMatching(/^java 17 or newer is missing/),
      expect.stringMatching(/^openssl 3 or newer is missing/),
    ]);
  });
});

describe('npm test', () => {
  it('refuses a part that there is not, instead of passing with nothing', () => {
    const { status, lines } = npmTest('slow');
    expect(lines).toEqual(['npm test: there is no part "slow"; the parts are checks, fast, nodes, real']);
    expect(status).toBe(2);
  });
});
