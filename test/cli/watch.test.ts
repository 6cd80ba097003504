import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../../cli/program.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand, testTerminal } from './run-command.js';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer([], { relayed: true });
  await server.report('east/n1', 'DiskFailure');
  await server.report('east/n2', 'KubeletUnhealthy');
  await server.report('west/n1', 'KernelDeadlock');
});

afterAll(() => server.stop());

const at = (words: readonly string[]) => runCommand([...words, '--server', server.url]);

/** A command that goes on, to be interrupted. */
function going(words: readonly string[]) {
  const interruption = new AbortController();
  const { terminal, written } = testTerminal({ interrupted: interruption.signal });
  const ended = runProgram(terminal, [...words, '--server', server.url]);
  return {
    written,
    ended,
    interrupt: () => {
      interruption.abort();
      return ended;
    },
  };
}

const linesIn = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('given a list that is watched', () => {
  it('when nothing changes, then it is printed once, and ends with 5 when time is up', async () => {
    const { code, out, err } = await at(['get', 'nodes', '-w', '--timeout', '300ms', '-o', 'name']);
    expect({ code, out }).toEqual({ code: 5, out: 'east/n1\neast/n2\nwest/n1\n' });
    expect(err).toMatch(/^error \(TimedOut\): watched for 0\.3 s\n/);
  });

  it('when it is interrupted, then it ends with 130 and says nothing', async () => {
    const watch = going(['get', 'nodes', '-w', '-o', 'name']);
    await expect.poll(() => watch.written.out).toContain('west/n1');
    expect(await watch.interrupt()).toBe(130);
    expect(watch.written.err).toBe('');
  });

  it('when a node gets a fault, then its row comes, as a document of the published form', async () => {
    const watch = going(['get', 'nodes', '-w', '-o', 'json', '--cluster', 'east']);
    await expect.poll(() => linesIn(watch.written.out).length).toBe(2);
    await server.report('west/n7', 'DiskFailure');
    await server.report('east/n3', 'DiskFailure');
    await expect
      .poll(() => linesIn(watch.written.out).slice(2))
      .toContainEqual(
        expect.objectContaining({
          change: 'changed',
          name: 'east/n3',
          row: expect.objectContaining({ health: 'in-maintenance' }) as unknown,
        }),
      );
    await watch.interrupt();
    for (const line of linesIn(watch.written.out)) expectPublishedForm(line, 'WatchedRow');
    expect(watch.written.out).not.toContain('west/');
  });

  it('when a fault is cleared, then that is told, and whoever waited for it has it', async () => {
    await server.report('east/n4', 'DiskFailure');
    const words = ['get', 'faults', '-w', '--node', 'east/n4', '-o', 'json'];
    const watch = going([...words, '--until', 'cleared', '--timeout', '20s']);
    await expect.poll(() => linesIn(watch.written.out).length).toBe(1);
    const reported = ['report', 'east/n4', '--type', 'DiskFailure', '--source', 'test', '--cleared'];
    expect((await at(reported)).code).toBe(0);
    expect(await watch.ended).toBe(0);
    const last = linesIn(watch.written.out).at(-1);
    expectPublishedForm(last, 'WatchedRow');
    expect(last).toMatchObject({ change: 'gone' });
  });
});

describe('given a process that somebody waits for', () => {
  it('when it ends as wanted, then so does the command, with 0', async () => {
    await server.report('east/p1', 'DiskFailure');
    const id = await server.processOn('east/p1');
    const watch = going(['get', 'process', id, '-w', '-o', 'jsonl', '--until', 'outcome=HandedToHuman']);
    await expect.poll(() => linesIn(watch.written.out).length).toBe(1);
    expect((await at(['order', 'abort', id, '--reason', 'r'])).code).toBe(0);
    expect(await watch.ended).toBe(0);
    expect(linesIn(watch.written.out).at(-1)).toMatchObject({ processId: id, outcome: 'HandedToHuman' });
  });

  it('when it ends in another way, then waiting ends with 6 and says how', async () => {
    await server.report('east/p2', 'DiskFailure');
    const id = await server.processOn('east/p2');
    const watch = going(['get', 'process', id, '-w', '--until', 'outcome=Recovered']);
    await expect.poll(() => watch.written.out).toContain(id);
    expect((await at(['order', 'abort', id, '--reason', 'r'])).code).toBe(0);
    expect(await watch.ended).toBe(6);
    expect(watch.written.err).toMatch(
      /^error \(Differs\): outcome=Recovered can't come any more: p-\S+ has ended: /m,
    );
  });

  it('when it does not come in time, then waiting ends with 5 and says what for', async () => {
    const words = ['get', 'node', 'east/n1', '-w', '--until', 'health=healthy', '--timeout', '300ms'];
    const { code, err } = await at(words);
    expect(code).toBe(5);
    expect(err).toContain('health=healthy was not reached within 0.3 s');
  });

  it('when it is so already, then the command ends at once', async () => {
    const words = ['get', 'node', 'n2', '-w', '--until', 'health=in-maintenance', '-o', 'name'];
    expect(await at(words)).toEqual({ code: 0, out: 'east/n2\n', err: '' });
  });
});

describe('given a history that is watched', () => {
  it('when something happens, then each fact comes once, up to the one that is waited for', async () => {
    await server.report('east/h1', 'DiskFailure');
    const words = ['history', 'east/h1', '-w', '-o', 'jsonl', '--until', 'fact=FaultCleared'];
    const watch = going(words);
    await expect.poll(() => watch.written.out).toContain('ProcessStarted');
    await at(['report', 'east/h1', '--type', 'DiskFailure', '--source', 'test', '--cleared']);
    expect(await watch.ended).toBe(0);
    const versions = linesIn(watch.written.out).map((fact) => (fact as { version: number }).version);
    expect(versions).toEqual(versions.map((_, index) => index + 1));
  });

  it('when it is printed as json, then every line is a document of the published form', async () => {
    const { code, out } = await at(['history', 'east/n1', '-w', '-o', 'json', '--timeout', '300ms']);
    expect(code).toBe(5);
    expect(linesIn(out)).toHaveLength(1);
    for (const line of linesIn(out)) expectPublishedForm(line, 'FactList');
  });
});

describe('given events that are followed', () => {
  it('when the one comes that is waited for, then the command ends', async () => {
    const words = ['events', '-w', '--from', 'beginning', '--node', 'east/n1', '-o', 'json'];
    const { code, out } = await at([...words, '--until', 'event=ProcessEvent', '--timeout', '20s']);
    expect(code).toBe(0);
    expect(linesIn(out).length).toBeGreaterThan(0);
    expect((await at(['events', '-f', '--timeout', '200ms'])).code).toBe(5);
  });
});

it.each([
  [['get', 'nodes', '--until', 'idle'], '--until is for what is watched'],
  [['history', 'east/n1', '--timeout', '1s'], '--timeout is for what is watched'],
  [['events', '--until', 'event=ProcessEnded'], '--until is for what is watched'],
  [['get', 'nodes', '-w', '--until', 'health=well'], 'write one of: health=healthy|'],
  [['get', 'processes', '-w', '--until', 'ended=yes'], 'write one of: ended, outcome='],
])('%j is refused', async (words, problem) => {
  const { code, err } = await at(words);
  expect(code).toBe(2);
  expect(err).toContain(problem);
});

it('names what is not there', async () => {
  expect((await at(['get', 'node', 'east/none', '-w'])).code).toBe(3);
  expect((await at(['get', 'process', 'p-none'])).code).toBe(3);
});
