import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runProgram } from '../../cli/program.js';
import type { OrderBatch } from '../../cli/forms/order-batch.js';
import type { ProcessId } from '../../domain/identifiers.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand, testTerminal } from './run-command.js';

const nodes = ['a/n1', 'a/n2', 'a/n3', 'b/n1'];
let server: TestServer;

/** Something is under way on each node, and nobody will say how it went: an order to abort waits for that, and can be given again. */
beforeEach(async () => {
  server = await startTestServer([], { relayed: true });
  for (const node of nodes) {
    await server.report(node, node === 'a/n3' ? 'CpuFailure' : 'DiskFailure');
    const [row] = await server.history.commands((await server.processOn(node)) as ProcessId);
    if (row === undefined) throw new Error(`${node} has no command`);
    const claim = { by: 'nobody', now: Date.now(), leaseMs: 600_000, budgets: [] };
    await server.journal.commands.claim(row.command.id, claim);
  }
});
afterEach(() => server.stop());

const abortWords = (words: readonly string[]): readonly string[] => [
  ...['order', 'abort', '--reason', 'false alarms', '-o', 'json', '--server', server.url],
  ...words,
];
const abort = (...words: readonly string[]) => runCommand(abortWords(words));

function batchIn(out: string): OrderBatch {
  const document = JSON.parse(out) as OrderBatch;
  expectPublishedForm(document, 'OrderBatch');
  return document;
}

/** How often each node's process was told. */
async function told(): Promise<readonly number[]> {
  const histories = await Promise.all(
    nodes.map((node) => runCommand(['history', node, '-o', 'json', '--server', server.url])),
  );
  return histories.map(({ out }) => out.match(/"OrderTaken"/g)?.length ?? 0);
}

describe('given an order to many processes', () => {
  it('when it is a dry run, then it says of each what would be done, and does nothing', async () => {
    const { code, out } = await abort('--cluster', 'a', '--dry-run');
    expect(code).toBe(0);
    const batch = batchIn(out);
    expect(batch).toMatchObject({ count: 3, dryRun: true });
    expect(batch.items.map(({ cluster, node, status }) => `${cluster}/${node} ${status}`).sort()).toEqual([
      'a/n1 preview',
      'a/n2 preview',
      'a/n3 preview',
    ]);
    expect(await told()).toEqual([0, 0, 0, 0]);
  });

  it.each([
    [['--all'], 2, 'needs --yes and --expect-count N'],
    [['--all', '--yes'], 2, 'needs --yes and --expect-count N'],
    [['--all', '--cluster', 'a', '--dry-run'], 2, '--all is everything'],
    [['p-1', '--all', '--dry-run'], 2, 'say which'],
    [[], 2, 'say which'],
    [['--all', '--yes', '--expect-count', '3'], 6, '4 processes would be told, not 3: nothing was done'],
    [['--fault-type', 'CpuFailure', '--yes', '--expect-count', '2'], 6, '1 processes would be told, not 2'],
  ])('when it is %j, then it ends with %i and nothing is done', async (words, expected, problem) => {
    const { code, out, err } = await abort(...words);
    expect({ code, out }).toEqual({ code: expected, out: '' });
    expect(err).toContain(problem);
    expect(await told()).toEqual([0, 0, 0, 0]);
  });

  it('when they are as many as expected, then each is told once, with its result', async () => {
    const { code, out } = await abort('--cluster', 'a', '--yes', '--expect-count', '3');
    expect(code).toBe(0);
    expect(batchIn(out).items.map(({ status }) => status)).toEqual(['taken', 'taken', 'taken']);
    expect(await told()).toEqual([1, 1, 1, 0]);
  });

  it('when it was interrupted and is given again under its key, then the rest is told, and none twice', async () => {
    const key = ['--key', 'k1'];
    const some = await abort('--fault-type', 'CpuFailure', '--yes', '--expect-count', '1', ...key);
    expect(some.code).toBe(0);
    const preview = await abort('--cluster', 'a', '--dry-run', ...key);
    expect(batchIn(preview.out).count).toBe(2);
    const { code, out } = await abort('--cluster', 'a', '--yes', '--expect-count', '2', ...key);
    expect(code).toBe(0);
    expect(batchIn(out).items.filter(({ before }) => before === true)).toMatchObject([
      { node: 'n3', status: 'taken' },
    ]);
    expect(await told()).toEqual([1, 1, 1, 0]);
    // Under another key it is another order, which these stages take.
    expect((await abort('--cluster', 'a', '--yes', '--expect-count', '3')).code).toBe(0);
    expect(await told()).toEqual([2, 2, 2, 0]);
  });

  it('when it is interrupted, then it ends with 130 and has said how to go on', async () => {
    const interruption = new AbortController();
    const { terminal, written } = testTerminal({ interrupted: interruption.signal });
    const err = (text: string): void => {
      terminal.err(text);
      if (text.includes('telling')) interruption.abort();
    };
    const words = abortWords(['--all', '--yes', '--expect-count', '4']);
    expect(await runProgram({ ...terminal, err }, words)).toBe(130);
    expect(written.err).toMatch(/^telling 4 processes; interrupted, it goes on with --key \S+\n$/);
    expect(await told()).toEqual([0, 0, 0, 0]);
  });

  it('when a stage does not take it, then it is left out, with the reason', async () => {
    const words = ['order', 'repaired', '--all', '--reason', 'r', '--dry-run', '-o', 'json'];
    const { out } = await runCommand([...words, '--server', server.url]);
    const { count, items } = batchIn(out);
    expect(count).toBe(0);
    expect(items[0]).toMatchObject({
      status: 'refused',
      refusal: expect.stringContaining('does not take') as string,
    });
  });
});
