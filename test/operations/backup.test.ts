import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { NodeKey } from '../../domain/identifiers.js';
import { runCommand } from '../cli/run-command.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 250 };
const fault = { cluster: 'a', type: 'DiskFailure', source: 'agent', status: 'firing' };
let faultline: WholeInstallation;

const processOn = async (node: string) =>
  (await faultline.installation.connections.journal.history.state(`a/${node}` as NodeKey))?.process;

/** One fault whose process is over, and one whose process waits: the first node stays with people, so no second one may go. */
async function liveThroughFaults(): Promise<void> {
  await fails('n1');
  await expect.poll(async () => (await processOn('n1'))?.stage, patience).toBe('waitingForPerson');
  await abort('n1');
  await fails('n2');
  await expect.poll(async () => (await processOn('n2'))?.stage, patience).toBe('isolating');
}

async function fails(node: string): Promise<void> {
  expect(await faultline.report({ ...fault, node })).toBe(202);
}

async function abort(node: string): Promise<void> {
  const id = (await processOn(node))?.id ?? 'none';
  const words = ['order', 'abort', id, '--reason', 'it is replaced', '--server', faultline.installation.url];
  expect(await runCommand(words)).toMatchObject({ code: 0 });
  await expect.poll(() => processOn(node), patience).toBeUndefined();
}

async function printed(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand([...words, '-o', 'json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

/** What people are told of all that was, by what they asked. */
async function told(): Promise<Readonly<Record<string, string>>> {
  const lines = ['get nodes', 'get processes', 'get faults', 'history a/n1', 'history a/n2'];
  const answers: Record<string, string> = {};
  for (const line of lines)
    answers[line] = await printed(...line.split(' '), '--server', faultline.installation.url);
  return answers;
}

beforeAll(async () => {
  faultline = await startWholeInstallation();
}, 120_000);
afterAll(() => faultline.stop(), 60_000);

describe('given an embedded installation with faults, processes and a log', () => {
  it('when it is exported and imported elsewhere, then there is told what was told before', async () => {
    await liveThroughFaults();
    // Nobody goes on meanwhile: what is told of the past is all that there is.
    await faultline.restart({}, undefined, ['console']);
    const before = await told();
    expect(before['get processes']).toContain('HandedToHuman');
    expect(before['history a/n1']).toContain('ProcessEnded');
    const folder = dirname(faultline.configuration);
    const [file, restored] = [join(folder, 'kept.gz'), join(folder, 'restored.yaml')];
    const elsewhere = { installation: { dataFolder: join(folder, 'elsewhere') } };
    const goElsewhere = async (): Promise<void> => {
      const events = await printed('events', '--config', faultline.configuration);
      expect(events).toContain('ProcessStarted');
      await printed('export', file, '--config', faultline.configuration);
      const sections = { ...elsewhere, eventLog: { kind: 'embedded', partitions: 2 } };
      writeFileSync(restored, stringify(sections));
      expect(await runCommand(['import', file, '--config', restored])).toMatchObject({ code: 0 });
      expect(await printed('events', '--config', restored)).toBe(events);
    };
    await faultline.restart(elsewhere, goElsewhere, ['console']);
    const { 'get nodes': nodesBefore = '', ...restBefore } = before;
    const { 'get nodes': nodesAfter = '', ...restAfter } = await told();
    expect(restAfter).toEqual(restBefore);
    // What comes next comes in another epoch, and after all that was told in the one before.
    expect(nodesAfter).toBe(nodesBefore.replaceAll('"sequence": "000001.', '"sequence": "000002.'));
  }, 180_000);
});
