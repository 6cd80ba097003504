import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { replay } from '../../../domain/evolve.js';
import { canonicalJson } from '../../../domain/json.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../../stack/faultline-process.js';
import { Cleanups } from '../../../stack/site.js';
import { defaultOptions, TestClock } from '../journal/harness.js';
import { startTestServer } from '../journal/postgres-server.js';
import { previousReleases, provideRelease, type Previous } from './previous-release.js';
import { sendReports } from './send-reports.js';

const only = ['intake', 'maintenance', 'relay'];
const cleanups = new Cleanups();
const releases = await previousReleases();
let folder: string;
let configuration: string;
let before: FaultlineProcess;
let after: FaultlineProcess;
let journal: OpenJournal;

/** The release before is at work when the new one starts beside it, and brings the schema up to date under it. */
async function startBeside(previous: Previous): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'faultline-rolling-'));
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  const server = await startTestServer();
  cleanups.add(() => server.stop());
  const connectionString = await server.createEmptyDatabase();
  configuration = await writeConfiguration(connectionString);
  await buildFaultline();
  const clone = await provideRelease(previous);
  before = await startFaultline({ configuration, folder, only, clone });
  cleanups.add(() => before.process.stop());
  after = await startFaultline({ configuration, folder, only });
  cleanups.add(() => after.process.stop());
  const options = { ...defaultOptions(new TestClock()), outboxPartitions: 4 };
  journal = await openPostgresJournal({ ...options, connectionString });
  cleanups.add(() => journal.close());
}

async function writeConfiguration(connectionString: string): Promise<string> {
  const url = new URL(connectionString);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, decodeURIComponent(url.password));
  url.password = '';
  const file = join(folder, 'faultline.yaml');
  const sections = {
    installation: { dataFolder: join(folder, 'data') },
    http: { listen: '127.0.0.1:0' },
    journal: { kind: 'postgres', connection: url.href, passwordFile },
    eventLog: { kind: 'embedded', partitions: 4 },
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(sections));
  return file;
}

async function reportTo(intake: FaultlineProcess, nodes: readonly string[]): Promise<void> {
  const reports = nodes.map((node) => ({
    cluster: 'a',
    node,
    type: 'DiskFailure',
    status: 'firing',
    source: 'npd',
  }));
  await sendReports(intake, reports);
}

async function decided(nodes: readonly string[]): Promise<void> {
  const known = async (): Promise<readonly string[]> => {
    const { rows } = await journal.history.processes({ active: true, limit: 1_000 });
    return rows.map(({ node }) => node.replace('a/', '')).filter((node) => nodes.includes(node));
  };
  await expect.poll(async () => (await known()).length, { timeout: 60_000 }).toBe(nodes.length);
}

const named = (what: string): readonly string[] =>
  Array.from({ length: 20 }, (_, index) => `${what}-${index}`);

describe.each(releases)('given $version runs beside this one', { timeout: 180_000 }, (previous) => {
  beforeAll(() => startBeside(previous), 600_000);
  afterAll(() => cleanups.run(), 120_000);

  it('when reports come to either, then each is decided, by whoever reads it', async () => {
    await Promise.all([reportTo(before, named('before')), reportTo(after, named('after'))]);
    await decided([...named('before'), ...named('after')]);
  });

  it('when this one is taken back, then the previous one goes on with what both decided', async () => {
    await after.process.stop();
    await reportTo(before, named('alone'));
    await decided(named('alone'));
    const { rows } = await journal.history.states({ limit: 1_000 });
    expect(rows).toHaveLength(60);
    for (const state of rows) {
      const facts = await journal.history.facts(state.node, { fromVersion: 1, limit: 1_000 });
      expect(canonicalJson(replay(state.node, facts))).toBe(canonicalJson(state));
      expect(state.parked).toBeUndefined();
    }
  });
});
