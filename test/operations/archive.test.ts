import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { NodeKey } from '../../domain/identifiers.js';
import { isAtRest } from '../../services/maintenance/archive/last-rest.js';
import { runCommand } from '../cli/run-command.js';
import { valueOf } from './prometheus-text.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 250 };
const node = 'a/n1' as NodeKey;
const fault = { cluster: 'a', node: 'n1', type: 'DiskFailure', source: 'agent' };
let faultline: WholeInstallation;
/** Where archives lie, and where they are put when they are to be missing. */
let folder: string;
let elsewhere: string;
/** What was told of the past before anything was archived. */
let told: { readonly replies: readonly Reply[]; readonly events: string };

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function get(path: string): Promise<Reply> {
  const response = await fetch(`${faultline.installation.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const stateNow = () => faultline.installation.connections.journal.history.state(node);

/** A fault comes, its process is aborted, the fault goes: nothing is left to do about the node. */
async function liveThroughAFault(): Promise<void> {
  expect(await faultline.report({ ...fault, status: 'firing' })).toBe(202);
  await expect.poll(async () => (await stateNow())?.process?.stage, patience).toBe('waitingForPerson');
  const processId = (await stateNow())?.process?.id ?? '';
  const answer = await fetch(`${faultline.installation.url}/v1/processes/${processId}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'abort', reason: 'test' }),
  });
  expect(answer.status).toBe(202);
  expect(await faultline.report({ ...fault, status: 'cleared' })).toBe(202);
  await expect
    .poll(async () => {
      const state = await stateNow();
      return state !== undefined && isAtRest(state);
    }, patience)
    .toBe(true);
}

/** All that the console tells of the past of the node. */
async function pastOf(): Promise<readonly Reply[]> {
  const history = await get('/v1/nodes/a/n1/history?limit=1000');
  const facts = history.body['items'] as readonly { readonly at: string }[];
  const instants = [...new Set(facts.map(({ at }) => at))];
  const states = await Promise.all(instants.map((at) => get(`/v1/nodes/a/n1/replay?at=${at}`)));
  return [history, await get('/v1/nodes/a/n1/history?from=3&limit=2'), ...states];
}

function events() {
  return runCommand(['events', '--config', faultline.configuration]);
}

async function doctor() {
  const { code, out } = await runCommand(['doctor', '--config', faultline.configuration, '-o', 'json']);
  const { checks } = JSON.parse(out) as { readonly checks: readonly { readonly what: string }[] };
  return { code, archive: checks.filter(({ what }) => what.startsWith('archive')) };
}

const archived = async () => valueOf(await faultline.scrape(), 'faultline_facts_archived');

beforeAll(async () => {
  faultline = await startWholeInstallation();
  folder = join(dirname(faultline.configuration), 'archive');
  elsewhere = `${folder}-elsewhere`;
  mkdirSync(folder);
}, 120_000);
afterAll(() => faultline.stop(), 60_000);

describe('given an installation that runs', { timeout: 180_000 }, () => {
  it('nothing of a process that is over is archived while no folder is configured, and the doctor does not speak of it', async () => {
    await liveThroughAFault();
    expect(await archived()).toBe(0);
    expect((await doctor()).archive).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('when it is started with a folder, then its facts move there, and the metrics say so', async () => {
    const replies = await pastOf();
    expect(replies.length).toBeGreaterThan(5);
    const latestAt = (await stateNow())?.now ?? 0;
    const between = async () => {
      const { code, out } = await events();
      expect(code).toBe(0);
      told = { replies, events: out };
      // Archiving looks once after the start: by then all of it has to be old enough.
      await expect.poll(() => Date.now() - latestAt, patience).toBeGreaterThan(2_000);
    };
    await faultline.restart({ archive: { folder: 'archive', after: '1s' } }, between);
    const { rows } = await faultline.installation.connections.journal.history.states({ limit: 100 });
    // Of this node and of others, about which no more is known than that they are there.
    const facts = rows.reduce((sum, { version }) => sum + version, 0);
    await expect.poll(archived, patience).toBe(facts);
    const scrape = await faultline.scrape();
    expect(valueOf(scrape, 'faultline_archive_runs_total', { result: 'done' })).toBe(1);
    expect(valueOf(scrape, 'faultline_archive_runs_total', { result: 'failed' })).toBe(0);
    expect(valueOf(scrape, 'faultline_archive_run_age_seconds')).toBeLessThan(60);
    expect(valueOf(scrape, 'faultline_service_ready', { service: 'archive' })).toBe(1);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.avro$/)]);
  });

  it('then the console tells the past as before, and the doctor is content', async () => {
    expect(await pastOf()).toEqual(told.replies);
    expect((await get('/v1/nodes/a/n1/replay')).body).toMatchObject({ sameAsStored: true });
    expect((await doctor()).archive).toEqual([
      { what: `archive: write ${folder}`, result: 'ok', detail: 'writable' },
      { what: 'archive files', result: 'ok', detail: '1, none missing or cut off' },
    ]);
  });

  it('when the folder is away, then the past is refused with what to do, and the present goes on', async () => {
    // The stretch that was read last is remembered.
    expect(await get('/v1/nodes/a/n2/history')).toMatchObject({ status: 200 });
    renameSync(folder, elsewhere);
    try {
      for (const path of ['history', `replay?at=${new Date(0).toISOString()}`])
        expect(await get(`/v1/nodes/a/n1/${path}`)).toMatchObject({
          status: 503,
          body: {
            kind: 'Problem',
            code: 'Unavailable',
            message: expect.stringMatching(/\.avro.*ENOENT.*restore the folder/) as string,
            next: 'see docs/operations/archive.md',
          },
        });
      expect(await get('/v1/nodes/a/n1')).toMatchObject({ status: 200 });
      expect((await get('/v1/nodes/a/n1/replay')).body).toMatchObject({ sameAsStored: true });
      await liveThroughAFault();
      const { code, archive } = await doctor();
      expect(code).toBe(1);
      expect(archive).toMatchObject([
        { result: 'failed', next: expect.stringContaining('mount the folder') as string },
        {
          result: 'failed',
          detail: expect.stringMatching(/^1 of 1 can't be read: .*\.avro .*ENOENT/) as string,
          next: expect.stringContaining('faultline archive verify') as string,
        },
      ]);
    } finally {
      renameSync(elsewhere, folder);
    }
  });

  it('when it is back, then the past is told again, and what came since', async () => {
    const [history] = await pastOf();
    const [before] = told.replies;
    const items = history?.body['items'] as readonly unknown[];
    const old = before?.body['items'] as readonly unknown[];
    expect(items.slice(0, old.length)).toEqual(old);
    expect(items.length).toBeGreaterThan(old.length);
  });

  it('when it is at rest, then the commands read the archive as well', async () => {
    await faultline.restart({ archive: { folder: 'archive' } }, async () => {
      const { code, out } = await events();
      expect(code).toBe(0);
      expect(out.split('\n').filter((line) => told.events.includes(line))).toEqual(told.events.split('\n'));
      const verified = await runCommand([
        ...['archive', 'verify', '--config', faultline.configuration, '-o', 'json'],
      ]);
      expect(verified.code).toBe(0);
      expect(JSON.parse(verified.out)).toMatchObject({ files: 1, problems: [] });
    });
  });
});
