import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { packageRoot } from '../../schemas/package-root.js';
import { exclusively } from '../../stack/cache.js';
import { processIdentity } from '../../stack/process-identity.js';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Another run, which writes down when it begins and ends its work. */
function anotherRun(name: string) {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    import { exclusively } from './stack/cache.ts';
    await exclusively(${JSON.stringify(lock)}, 'a build', async () => {
      appendFileSync(${JSON.stringify(join(folder, 'told'))}, '${name} begins\\n');
      await pause(300);
      appendFileSync(${JSON.stringify(join(folder, 'told'))}, '${name} ends\\n');
    });`;
  const words = ['--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, words, { cwd: packageRoot(), stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => void (err += chunk.toString()));
  return { ended: once(child, 'close').then(([code]) => ({ code: code as number, err })) };
}

/** A lock that was touched last so long ago. */
function heldBy(owner: string, silentMs: number): void {
  writeFileSync(lock, owner);
  const at = new Date(Date.now() - silentMs);
  utimesSync(lock, at, at);
}

const gone = '4194304 1';
const living = `${process.pid} ${processIdentity(process.pid) ?? ''}`;

describe('given two runs at once', () => {
  it('then one waits for the other, and leaves nothing behind', async () => {
    const ends = await Promise.all([anotherRun('one').ended, anotherRun('two').ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    const told = readFileSync(join(folder, 'told'), 'utf8').trim().split('\n');
    const [first = '', second = ''] = told[0]?.startsWith('one') === true ? ['one', 'two'] : ['two', 'one'];
    expect(told).toEqual([`${first} begins`, `${first} ends`, `${second} begins`, `${second} ends`]);
    expect(readdirSync(folder)).toEqual(['told']);
  }, 60_000);
});

describe('given a lock', () => {
  it('when its owner is gone and it was touched long ago, then it is broken', async () => {
    heldBy(gone, 60_000);
    expect(await exclusively(lock, 'a build', () => Promise.resolve('done'))).toBe('done');
    expect(existsSync(lock)).toBe(false);
  });

  it('when another process has the number of its owner, then it is broken too', async () => {
    heldBy(`${process.pid} somebody else`, 60_000);
    expect(await exclusively(lock, 'a build', () => Promise.resolve('done'))).toBe('done');
  });

  it.each([
    ['its owner lives, though it was touched long ago', living, 60_000],
    ['it was just touched, though nobody here knows its owner', gone, 1_000],
  ])('when %s, then it is waited for', async (_name, owner, silentMs) => {
    heldBy(owner, silentMs);
    let done = false;
    const waiting = exclusively(lock, 'a build', () => {
      done = true;
      return Promise.resolve();
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(done).toBe(false);
    rmSync(lock);
    await waiting;
    expect(done).toBe(true);
  });

  it('when the work fails, then it is given back', async () => {
    await expect(exclusively(lock, 'a build', () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    );
    expect(existsSync(lock)).toBe(false);
  });
});
