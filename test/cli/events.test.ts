import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import avro from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../../cli/program.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { fault, idOf } from '../services/published-fault.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { runCommand, testTerminal } from './run-command.js';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-events-'));
  server = await startTestServer();
  await server.publish([
    await fault('a/n1', 1),
    await fault('a/n2', 1, { type: 'CpuFailure' }),
    await fault('a/n1', 2),
  ]);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const events = (...words: readonly string[]) => runCommand(['events', ...words, '--server', server.url]);
const parsed = (out: string): readonly Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function objectsIn(file: string): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const found: unknown[] = [];
    avro
      .createFileDecoder(file)
      .on('data', (object: unknown) => found.push(object))
      .on('end', () => {
        resolve(found);
      })
      .on('error', reject);
  });
}

describe('faultline events', () => {
  it('prints what was published, a CloudEvent a line, and ends', async () => {
    const { code, out, err } = await events();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(parsed(out).map(({ id }) => id)).toEqual([idOf('a/n1', 1), idOf('a/n2', 1), idOf('a/n1', 2)]);
  });

  it('prints only the data, and only what was asked for', async () => {
    const { out } = await events('--type', 'CpuFailure', '-o', 'json');
    expect(parsed(out)).toMatchObject([{ node: 'n2', type: 'CpuFailure', change: 'OPENED' }]);
    expect(parsed((await events('--to', '2020-01-01')).out)).toEqual([]);
  });

  it('writes a file that every reader of Avro reads, and none over another', async () => {
    const file = join(folder, 'faults.avro');
    const words = ['--topic', 'fault.hardware', '-o', 'avro', '--file', file];
    expect(await events(...words)).toMatchObject({ code: 0, out: '' });
    expect(await objectsIn(file)).toMatchObject([{ node: 'n1' }, { node: 'n2' }, { node: 'n1' }]);
    expect(await events(...words)).toMatchObject({ code: 2 });
  });

  it.each(['cloudevents', 'json'])(
    'writes what it prints as %s into a file, and into none over another',
    async (output) => {
      const file = join(folder, `events.${output}`);
      const printed = await events('-o', output);
      expect(await events('-o', output, '--file', file)).toMatchObject({ code: 0, out: '', err: '' });
      expect(readFileSync(file, 'utf8')).toBe(printed.out);
      const again = await events('-o', output, '--file', file);
      expect(again).toMatchObject({ code: 2, out: '' });
      expect(again.err).toContain('name a file that is not there');
    },
  );

  it('writes the same objects into a pipe, and no bytes on a terminal', async () => {
    const words = ['events', '--topic', 'fault.hardware', '-o', 'avro', '--server', server.url];
    const { terminal, written } = testTerminal();
    expect(await runProgram(terminal, words)).toBe(0);
    const file = join(folder, 'piped.avro');
    writeFileSync(file, written.bytes);
    expect(await objectsIn(file)).toMatchObject([{ node: 'n1' }, { node: 'n2' }, { node: 'n1' }]);
    const shown = testTerminal({ outIsShown: true });
    expect(await runProgram(shown.terminal, words)).toBe(2);
    expect(shown.written.err).toContain('name a new --file, or send stdout elsewhere');
    expect(shown.written.bytes).toHaveLength(0);
  });

  it.each([
    [['--class', 'hardwear'], 'class, value 1: "hardwear"'],
    [['--to', '2999-01-01'], 'lies ahead'],
    [['--follow', '--to', 'now'], '--follow has no end'],
    [['-o', 'avro'], 'one kind of event'],
    [['-l', 'gpu'], 'the label gpu is not kept of nodes'],
    [['--from', 'soon'], 'write it like 2026-01-31'],
    [['--from', '1'], 'write it like 2026-01-31'],
    [['--from', '2026-02-31'], 'write it like 2026-01-31'],
    [['--to', 'fault.hardware/0/1'], 'write it like 2026-01-31'],
    [['--from', '2999-01-01'], 'lies ahead'],
    [['--follow', '--from', '2999-01-01'], 'lies ahead'],
    [['--from', 'fault.hardware/0/999'], 'the next record will be 3'],
    [['--from', 'fault.hardware/0/1', '--config', 'faultline.yaml'], 'the journal knows none'],
    [['--from', '0197b7a6-6a3c-8e2b-9c1d-000000000000'], 'begin at TOPIC/PARTITION/OFFSET'],
  ])('%j is refused', async (words, problem) => {
    const { code, err } = await events(...words);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });

  it('begins at a place in the log', async () => {
    const { code, out } = await events('--from', 'fault.hardware/0/1', '--to', 'now');
    expect(code).toBe(0);
    expect(parsed(out).map(({ id }) => id)).toEqual([idOf('a/n2', 1), idOf('a/n1', 2)]);
  });

  it('begins behind the event that is named, and not with it', async () => {
    await server.report('a/n7', 'DiskFailure');
    const facts = await server.history.facts('a/n7' as NodeKey, { fromVersion: 1, limit: 1 });
    expect(facts).toHaveLength(1);
    await server.publish([await fault('a/n7', 1), await fault('a/n7', 2)]);
    const { out } = await events('--from', idOf('a/n7', 1), '--node', 'a/n7');
    expect(parsed(out).map(({ id }) => id)).toEqual([idOf('a/n7', 2)]);
  });

  it('follows until it is interrupted', async () => {
    const interruption = new AbortController();
    const { terminal, written } = testTerminal({ interrupted: interruption.signal });
    const words = ['events', '--follow', '--from', 'beginning', '--node', 'a/n3', '--server', server.url];
    const running = runProgram(terminal, words);
    for (const version of [1, 2]) {
      await server.publish([await fault('a/n3', version)]);
      await expect.poll(() => parsed(written.out).length).toBe(version);
    }
    interruption.abort();
    expect(await running).toBe(130);
    expect(parsed(written.out).map(({ id }) => id)).toEqual([idOf('a/n3', 1), idOf('a/n3', 2)]);
  });
});
