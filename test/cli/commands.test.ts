import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { runProgram } from '../../cli/program.js';
import type { ProcessId } from '../../domain/identifiers.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand, spawnCommand, testTerminal } from './run-command.js';

let server: TestServer;
let processId: string;

beforeAll(async () => {
  server = await startTestServer([], { relayed: true });
  await server.report('east/n1', 'DiskFailure');
  await server.report('east/n2', 'KubeletUnhealthy');
  await server.report('west/n1', 'KernelDeadlock');
  processId = await server.processOn('east/n1');
});

afterAll(() => server.stop());

const at = (words: readonly string[], stdin?: string) =>
  runCommand([...words, '--server', server.url], stdin);

const printed: readonly (readonly [words: readonly string[], kind: string])[] = [
  [['get', 'nodes'], 'NodeList'],
  [['get', 'faults'], 'FaultList'],
  [['get', 'processes', '--active'], 'ProcessList'],
  [['describe', 'node', 'east/n1'], 'Node'],
  [['history', 'east/n1'], 'FactList'],
  [['replay', 'east/n1', '--verify'], 'Replay'],
  [['replay', 'east/n1', '--at', '2020-01-01T00:00:00Z'], 'Replay'],
];

describe('given nodes with faults', () => {
  it.each(printed)('%j prints one document of its published form', async (words, kind) => {
    const { code, out, err } = await at([...words, '-o', 'json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectPublishedForm(JSON.parse(out), kind);
    const yaml = await at([...words, '-o', 'yaml']);
    expectPublishedForm(parse(yaml.out), kind);
  });

  it('prints a process with the orders that its stage takes', async () => {
    const { code, out } = await at(['describe', 'process', processId, '-o', 'json']);
    expect(code).toBe(0);
    const document: unknown = JSON.parse(out);
    expectPublishedForm(document, 'Process');
    expect(document).toMatchObject({
      active: true,
      orders: ['dismiss', 'abort'],
      cluster: 'east',
      node: 'n1',
    });
  });

  it('shows people a table without trailing blanks', async () => {
    const { out } = await at(['get', 'nodes']);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^NODE +HEALTH +FAULTS +WORKFLOW +STAGE +CHANGED$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'east/n1 in-maintenance DiskFailure',
      'east/n2 in-maintenance KubeletUnhealthy',
      'west/n1 in-maintenance KernelDeadlock',
    ]);
    expect(out).not.toMatch(/[ ]\n/);
  });

  it('prints names that other commands take, and an item a line', async () => {
    expect((await at(['get', 'nodes', '-o', 'name'])).out).toBe('east/n1\neast/n2\nwest/n1\n');
    const lines = (await at(['get', 'faults', '-o', 'jsonl'])).out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'DiskFailure',
      'KubeletUnhealthy',
      'KernelDeadlock',
    ]);
  });

  it('keeps to one cluster when told so, and an empty list is no error', async () => {
    expect((await at(['get', 'nodes', '--cluster', 'west', '-o', 'name'])).out).toBe('west/n1\n');
    const { code, out, err } = await at(['get', 'nodes', '--cluster', 'north']);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'No nodes are known yet.\n' });
  });

  it('finds a node by its bare name, unless several clusters have it', async () => {
    expect((await at(['describe', 'node', 'n2', '-o', 'json'])).code).toBe(0);
    const { code, err } = await at(['describe', 'node', 'n1']);
    expect(code).toBe(2);
    expect(err).toBe('error (Usage): n1 is in several clusters\nnext: write CLUSTER/NODE\n');
  });
});

describe('reports', () => {
  it('tells the ids of accepted reports, and exits 4 naming what was rejected', async () => {
    const good = { cluster: 'east', node: 'n9', type: 'CpuFailure', status: 'cleared', source: 's' };
    const lines = [good, { ...good, type: 'Nonsense' }].map((line) => JSON.stringify(line)).join('\n');
    const { code, out, err } = await at(['report', '-f', '-', '-o', 'json'], lines);
    expect(code).toBe(4);
    const document: unknown = JSON.parse(out);
    expectPublishedForm(document, 'ReportReceipt');
    expect(document).toMatchObject({
      accepted: [expect.any(String)],
      rejected: [{ index: 1, path: '$[1].type' }],
    });
    expect(err).toContain('error (ReportsRejected): 1 reports were rejected');
  });
});

it('exits 4 with the reason when the only report is rejected', async () => {
  const { code, out, err } = await at(['report', 'east/n1', '--type', 'Nonsense', '-o', 'json']);
  expect(code).toBe(4);
  expectPublishedForm(JSON.parse(out), 'ReportReceipt');
  expect(err).toMatch(/^report 0: \$\.type: .*\nerror \(ReportsRejected\)/);
});

describe('orders', () => {
  it('previews without sending', async () => {
    const words = ['order', 'abort', processId, '--reason', 'r', '--dry-run', '-o', 'json'];
    const { code, out } = await at(words);
    expect(code).toBe(0);
    expectPublishedForm(JSON.parse(out), 'OrderReceipt');
    expect(JSON.parse(out)).toMatchObject({ status: 'preview', dryRun: true });
  });

  it('refuses what the stage does not take, and says what it takes', async () => {
    const { code, out, err } = await at(['order', 'repaired', processId, '--reason', 'done']);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toMatch(
      /^error \(Refused\): process p-\S+ is in stage isolating and does not take repaired\n/,
    );
    expect(err).toContain('next: it takes: dismiss, abort\n');
  });

  it('waits until the order is in the journal', async () => {
    const id = await server.processOn('west/n1');
    const { code, out } = await at(['order', 'abort', id, '--reason', 'false alarm', '-o', 'json']);
    expect(code).toBe(0);
    const receipt = JSON.parse(out) as { causeId: string; status: string; subject: string };
    expectPublishedForm(receipt, 'OrderReceipt');
    expect(receipt).toMatchObject({ status: 'taken', subject: 'unauthenticated:tester' });
    const history = await at(['history', 'west/n1', '-o', 'json']);
    const { items } = JSON.parse(history.out) as { items: { type: string; causeId: string }[] };
    expect(items.filter(({ causeId }) => causeId === receipt.causeId).map(({ type }) => type)).toContain(
      'OrderTaken',
    );
  });
});

describe('orders that are waited for', () => {
  /** Its isolation is under way, and nobody will say how it went. */
  async function busyProcess(node: string): Promise<string> {
    await server.report(node, 'DiskFailure');
    const id = await server.processOn(node);
    const [row] = await server.history.commands(id as ProcessId);
    if (row === undefined) throw new Error(`${node} has no command`);
    const claim = { by: 'nobody', now: Date.now(), leaseMs: 600_000, budgets: [] };
    expect(await server.journal.commands.claim(row.command.id, claim)).toMatchObject({ kind: 'claimed' });
    return id;
  }

  it('when the process does not get there in time, then it ends with 5, and says what was waited for', async () => {
    const id = await busyProcess('east/w1');
    const words = ['order', 'abort', id, '--reason', 'r', '--until', 'ended', '--timeout', '3s'];
    const { code, out, err } = await at(words);
    expect(code).toBe(5);
    expect(out).toContain(`${id} abort taken: `);
    expect(err).toContain(`${id} is in stage settling: isolateNode is under way\n`);
    expect(err).toContain('ended was not reached within 3 s: ');
  });

  it('when it is interrupted, then it ends with 130, and the order goes its way', async () => {
    const id = await busyProcess('east/w2');
    const interruption = new AbortController();
    const { terminal, written } = testTerminal({ interrupted: interruption.signal });
    const words = ['order', 'abort', id, '--reason', 'r', '--until', 'ended', '--server', server.url];
    const running = runProgram(terminal, words);
    await expect.poll(() => written.out).toContain('taken');
    interruption.abort();
    expect(await running).toBe(130);
    expect(written.err).toContain('no longer watched; the order is taken, and goes its way\n');
    expect((await at(['history', 'east/w2', '-o', 'json'])).out).toContain('OrderTaken');
  });

  it('when the process gets there, then it ends with 0', async () => {
    await server.report('east/w3', 'DiskFailure');
    const id = await server.processOn('east/w3');
    const words = ['order', 'abort', id, '--reason', 'r', '--until', 'outcome=HandedToHuman'];
    const { code, out } = await at(words);
    expect(code).toBe(0);
    expect(out).toMatch(/ HandedToHuman\n$/);
  });

  it.each([
    [['--until', 'ended', '--no-wait'], '--until waits'],
    [['--until', 'mended'], 'write one of: ended, '],
  ])('%j is refused', async (words, problem) => {
    const { code, err } = await at(['order', 'abort', processId, '--reason', 'r', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });
});

const failures: readonly (readonly [words: readonly string[], code: number, text: string])[] = [
  [
    ['describe', 'node', 'east/none'],
    3,
    'error (NotFound): nothing is known of east/none\nnext: look at `faultline get nodes`',
  ],
  [['describe', 'process', 'p-none'], 3, 'error (NotFound): there is no process p-none'],
  [['order', 'abort', 'p-none', '--reason', 'x'], 3, 'error (NotFound)'],
  [['replay', 'east/n1', '--at', 'yesterday'], 2, 'error (Usage): --at yesterday is no time'],
  [['describe', 'node', 'east/A_B'], 2, 'error (Usage): east/A_B is no node'],
  [['get', 'nodes', '-o', 'xml'], 2, "option '-o, --output <format>' argument 'xml' is invalid"],
  [['get', 'unicorns'], 2, "error (Usage): unknown command 'unicorns'"],
  [['order', 'abort', 'p-1'], 2, "required option '--reason <text>' not specified"],
  [['report'], 2, 'error (Usage): a report needs CLUSTER/NODE and --type, or --file'],
];

describe('what goes wrong', () => {
  it.each(failures)('%j ends with %i and says why', async (words, code, text) => {
    const ran = await at(words);
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
    expect(ran.err).toContain(text);
  });

  it('names the server that does not answer', async () => {
    const { code, err } = await runCommand(['get', 'nodes', '--server', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error \(ServerUnreachable\): http:\/\/127\.0\.0\.1:1 does not answer .*\nnext: start one/,
    );
  });

  it('refuses an address that is none', async () => {
    const { code, err } = await runCommand(['get', 'nodes', '--server', 'localhost']);
    expect(code).toBe(2);
    expect(err).toContain('localhost is not the URL of a server');
  });

  it('refuses a bad configuration with line and reason before anything starts', async () => {
    const { code, err } = await runCommand(['run', '--config', '/nowhere.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('error (ConfigurationUnreadable): configuration /nowhere.yaml');
  });
});

describe('as a process of its own', () => {
  beforeAll(() => buildFaultline());

  it('keeps results on stdout, has no colour without a terminal, and reads the server from the environment', async () => {
    const { code, out, err } = await spawnCommand(['get', 'nodes'], { FAULTLINE_SERVER: server.url });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('east/n1');
    expect(out).not.toContain('\u001b');
  });

  it('exits with the code that scripts rely on', async () => {
    const environment = { FAULTLINE_SERVER: server.url };
    const codes = await Promise.all([
      spawnCommand(['describe', 'node', 'east/none'], environment),
      spawnCommand(['get', 'nodes', '--nonsense'], environment),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([3, 2]);
  });
});
