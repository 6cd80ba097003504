import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ChangeClient } from '../../cli/change-client.js';
import { keepAlive } from '../../cli/keep-alive.js';
import { runProgram } from '../../cli/program.js';
import type { ChangeRow } from '../../adapters/ports/change-book.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { ChangeDescription } from '../../services/console/forms/changes.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand, testTerminal, type Ran } from './run-command.js';

let server: TestServer;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-ask-'));
  server = await startTestServer();
  await server.journal.upkeep.resume();
  const member = { pool: 'gpu', zone: 'z1', labels: {}, unavailable: false, controlPlane: false };
  const members = ['a/n1', 'a/n2'].map((node) => ({ node: node as NodeKey, ...member }));
  await server.journal.inventory.replace('a', members, Date.now());
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const wordsOf = (node: string, words: readonly string[]): readonly string[] => [
  ...['guard', 'ask', node, '--operation', 'isolate', '--reason', 'new kernel', '--lease', '5s'],
  ...['--server', server.url, ...words],
];
const ask = (node: string, ...words: readonly string[]): Promise<Ran> => runCommand(wordsOf(node, words));
const guard = (...words: readonly string[]): Promise<Ran> =>
  runCommand(['guard', ...words, '--server', server.url]);

async function latest(): Promise<ChangeRow> {
  const { rows } = await server.journal.changeBook.list({ limit: 1 });
  const [row] = rows;
  if (row === undefined) throw new Error('nobody has asked');
  return row;
}

/** A change that this test holds by itself. */
async function heldChange(node: string): Promise<string> {
  const { code, out } = await ask(node, '-o', 'json');
  expect(code).toBe(0);
  return (JSON.parse(out) as ChangeDescription).id;
}

describe('guard ask … -- COMMAND', () => {
  it.each([
    ['[ "$FAULTLINE_CHANGE_TOKEN" -gt 0 ]', 0, { how: 'succeeded' }],
    ['exit 3', 3, { how: 'failed', message: 'exit code 3' }],
    ['kill -9 $$', 137, { how: 'failed', message: 'exit code 137' }],
  ])('runs %j with leave, and ends as it does', async (script, code, ended) => {
    expect(await ask('a/n1', '--', '/bin/sh', '-c', script)).toEqual({ code, out: '', err: '' });
    const row = await latest();
    expect(row.granted).toBeDefined();
    expect(row.ended).toMatchObject({ ...ended, by: 'unauthenticated:tester' });
  });

  it('of a command that is not there ends with 127, and gives back what it took', async () => {
    const { code, err } = await ask('a/n1', '--', '/no/such/command');
    expect({ code, err }).toMatchObject({
      code: 127,
      err: expect.stringContaining("can't be run") as string,
    });
    expect((await latest()).ended).toMatchObject({ how: 'failed' });
  });

  it('waits for leave, says what for, and goes on when there is room', async () => {
    const first = await heldChange('a/n1');
    const { terminal, written } = testTerminal();
    const running = runProgram(terminal, wordsOf('a/n2', ['--', '/bin/sh', '-c', 'exit 4']));
    await vi.waitFor(() => {
      expect(written.err).toMatch(
        /^c-\S+ waits for leave: BudgetFull: isolate\/in-flight\/a, place 1 in line\n$/,
      );
    });
    expect((await guard('done', first, '--outcome', 'succeeded')).code).toBe(0);
    expect(await running).toBe(4);
  });

  it('given that leave does not come in time, then it asks for it no more and runs nothing', async () => {
    await heldChange('a/n1');
    const { code, err } = await ask('a/n2', '--wait', '0ms', '--', '/bin/sh', '-c', `touch ${folder}/ran`);
    expect({ code, err }).toMatchObject({
      code: 5,
      err: expect.stringContaining('error (TimedOut)') as string,
    });
    expect((await latest()).ended).toMatchObject({ how: 'cancelled' });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('given that leave is lost, then it stops the command, and kills what does not end', async () => {
    const script = `trap "touch ${folder}/asked" TERM; touch ${folder}/runs; while :; do sleep 0.05; done`;
    const running = ask('a/n1', '--', '/bin/sh', '-c', script);
    await vi.waitFor(() => {
      expect(existsSync(join(folder, 'runs'))).toBe(true);
    });
    const { change } = await latest();
    expect((await guard('done', change.id, '--outcome', 'failed')).code).toBe(0);
    const { code, err } = await running;
    expect(code).toBe(7);
    expect(err).toMatch(/^error \(LeaveLost\): c-\S+ has no leave any more: c-\S+ is failed\n/);
    expect(existsSync(join(folder, 'asked'))).toBe(true);
  });

  it('passes on what it is told by the system, and ends the change when the command has ended', async () => {
    const interruption = new AbortController();
    const { terminal } = testTerminal({ interrupted: interruption.signal });
    const script = `trap "exit 9" TERM; touch ${folder}/runs; while :; do sleep 0.05; done`;
    const running = runProgram(terminal, wordsOf('a/n1', ['--', '/bin/sh', '-c', script]));
    await vi.waitFor(() => {
      expect(existsSync(join(folder, 'runs'))).toBe(true);
    });
    interruption.abort('SIGTERM');
    expect(await running).toBe(9);
    expect((await latest()).ended).toMatchObject({ how: 'failed', message: 'exit code 9' });
  });
});

describe('guard ask without a command', () => {
  it('prints the change, which a script keeps and ends by itself', async () => {
    const { code, out } = await ask('a/n1', '--key', 'k1', '-o', 'json');
    expect(code).toBe(0);
    const change = JSON.parse(out) as ChangeDescription;
    expectPublishedForm(change, 'Change');
    expect(change).toMatchObject({ status: 'granted', key: 'k1', operation: 'isolate' });
    expect((await ask('a/n1', '--key', 'k1', '-o', 'name')).out).toBe(`${change.id}\n`);
    expect((await guard('heartbeat', change.id, '-o', 'name')).out).toBe(`${change.id}\n`);
    expect((await guard('done', change.id, '--outcome', 'succeeded')).out).toMatch(/ succeeded +a\/n1 /);
    const again = await ask('a/n1', '--key', 'k1');
    expect({ code: again.code, err: again.err }).toEqual({
      code: 4,
      err: `error (Refused): ${change.id} is succeeded\nnext: ask with another key\n`,
    });
  });

  it('given that it is only for a node that is well, then it waits for one that is not, and tells of what it is', async () => {
    const member = { pool: 'gpu', zone: 'z1', labels: {}, unavailable: true, controlPlane: false };
    await server.journal.inventory.replace('a', [{ node: 'a/n1' as NodeKey, ...member }], Date.now());
    const { code, err } = await ask('a/n1', '--only-healthy', '--wait', '0ms');
    expect({ code, err }).toMatchObject({
      code: 5,
      err: expect.stringContaining('NodeNotHealthy: Unavailable') as string,
    });
    expect((await ask('a/n1', '-o', 'wide')).out).toMatch(/ NODE BEFORE .*\n.* granted .* Unavailable /);
    expect((await guard('why', 'a/n1')).out).toMatch(
      /has leave, its lease ends in \ds; its node was not well: Unavailable\n/,
    );
  });

  it.each(['n1', 'a/', 'a/b/c'])('of %j is refused with 2', async (node) => {
    const { code, err } = await ask(node);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('write CLUSTER/NODE') as string,
    });
  });
});

it('given a server that hangs, then leave counts as lost all the same', async () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const hanging: ChangeClient = { ask: never, keep: never, end: never };
  const held = { id: 'c-1', leaseMs: 400, graceMs: 100, since: performance.now() };
  expect(await keepAlive(hanging, held, new AbortController().signal)).toBe(
    'no heartbeat came through in time',
  );
});
