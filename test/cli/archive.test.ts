import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ArchiveFolder } from '../../adapters/archive/archive-folder.js';
import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import { archiveFacts } from '../../services/maintenance/archive/archive-facts.js';
import { decidingBy } from '../../services/maintenance/decide/decide.js';
import { batch } from '../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../contract/journal/harness.js';
import { startTestServer, type TestServer } from '../contract/journal/postgres-server.js';
import { readHistories } from '../upgrades/golden-history.js';
import { releasedVersions } from '../upgrades/release.js';
import { runCommand } from './run-command.js';

let server: TestServer;
let folder: string;
let files: string;
let config: string;
/** What `faultline events` printed before anything was archived. */
let before: string;

const events = () => runCommand(['events', '--config', config]);
const archive = (...words: readonly string[]) =>
  runCommand(['archive', ...words, '--config', config, '-o', 'json']);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-archive-command-'));
  files = join(folder, 'archive');
  config = join(folder, 'faultline.yaml');
  mkdirSync(files);
  server = await startTestServer();
  const connectionString = await server.createDatabase();
  const url = new URL(connectionString);
  writeFileSync(join(folder, 'password'), url.password);
  url.password = '';
  writeFileSync(
    config,
    `journal: { kind: postgres, connection: ${url.href}, passwordFile: password }\narchive: { folder: archive }\n`,
  );
  const copy = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
  const golden = readHistories(releasedVersions().at(-1) ?? '');
  const few = new Map(golden.histories.map((history) => [history.node, history]));
  try {
    for (const { rules, steps } of few.values()) {
      const chosen = golden.rules[rules];
      if (chosen === undefined) throw new TypeError('the release has rules');
      const inputs = steps.map(({ input }) => input);
      await copy.journal.advance(batch(inputs, decidingBy(chosen)));
    }
    before = (await events()).out;
    const later = 4_102_444_800_000;
    await archiveFacts({
      archive: copy.archive,
      duty: copy.archiving,
      files: new ArchiveFolder(files),
      owner: 'tested',
      now: () => later,
      afterMs: 0,
    });
  } finally {
    await copy.close();
  }
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('given facts that were archived', () => {
  it('faultline events prints every event as before', async () => {
    expect(before.split('\n').length).toBeGreaterThan(50);
    expect(await events()).toMatchObject({ code: 0, err: '', out: before });
  });

  it('archive status names the files, and archive verify finds nothing wrong', async () => {
    const status = JSON.parse((await archive('status')).out) as Record<string, unknown>;
    const [name] = readdirSync(files);
    expect(status).toMatchObject({
      kind: 'ArchiveStatus',
      folder: files,
      files: [{ name, firstNode: 'a/n1' }],
    });
    const { code, out } = await archive('verify');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'ArchiveVerification',
      files: 1,
      facts: status['facts'],
      problems: [],
    });
  });

  it.each([
    ['in its first facts', 1_500],
    ['in its last ones', -40],
  ])('a file that is damaged %s fails verify and readers, by its name; status goes on', async (_, place) => {
    const [name = ''] = readdirSync(files);
    const whole = readFileSync(join(files, name));
    const damaged = Buffer.from(whole);
    const at = (place + whole.length) % whole.length;
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    writeFileSync(join(files, name), damaged);
    try {
      const verified = await archive('verify');
      expect(verified.code).toBe(1);
      expect(JSON.parse(verified.out)).toMatchObject({ problems: [{ file: name }] });
      const read = await events();
      expect(read.code).toBe(1);
      expect(read.err).toMatch(/error \(ArchiveUnreadable\): .*\.avro/);
      expect(read.err).toContain(name);
      expect((await archive('status')).code).toBe(0);
    } finally {
      writeFileSync(join(files, name), whole);
    }
  });
});
