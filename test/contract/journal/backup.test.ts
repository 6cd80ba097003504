import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveFolder } from '../../../adapters/archive/archive-folder.js';
import type { BackupHead } from '../../../adapters/postgres/backup/backup-form.js';
import { readBackup, type Restored } from '../../../adapters/postgres/backup/read-backup.js';
import { writeBackup } from '../../../adapters/postgres/backup/write-backup.js';
import { openPostgresEventLog } from '../../../adapters/postgres/event-log/event-log.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { batch, commandOf, nodeNamed, report, starting } from './decisions.js';
import { filled, fillJournal } from './filled-journal.js';
import { defaultOptions, TestClock } from './harness.js';
import { outOfServiceTwice } from './kept-out-of-service.js';
import { startTestServer, type TestServer } from './postgres-server.js';
import { publishedPage } from '../../published-page.js';

let server: TestServer;
let original: string;
let lines: readonly string[];
let folder: string;
let archiveFiles: ArchiveFolder;

async function linesOf(connectionString: string): Promise<readonly string[]> {
  const written: string[] = [];
  const backup = writeBackup({ connectionString, version: '0.0.0-test', takenAt: 1 });
  for await (const line of backup) written.push(line);
  return written;
}

function take(
  connectionString: string,
  given: readonly string[],
  check: (head: BackupHead) => void = () => undefined,
): Promise<Restored> {
  return readBackup({ connectionString, lines: Readable.from(given), check });
}

beforeAll(async () => {
  server = await startTestServer();
  original = await server.createDatabase();
  const value = Buffer.from([0, 255, 10]);
  const headers = { ce_id: 'é\0' };
  folder = await mkdtemp(join(tmpdir(), 'faultline-archive-'));
  archiveFiles = new ArchiveFolder(folder);
  const records = [
    { topic: 'fault.reports', key: 'a/n1', value, headers },
    { topic: 'fault.reports', key: 'a/n2', value, headers: {} },
  ];
  await fillJournal(original, { records, files: archiveFiles });
  lines = await linesOf(original);
}, 300_000);
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a backup of an installation', () => {
  let target: string;
  beforeEach(async () => {
    target = await server.createEmptyDatabase();
  });

  it('holds rows of every table but those of the running log and those that are made of others', () => {
    const empty = lines.flatMap((line, index) =>
      line.startsWith('{"table"') && lines[index + 1]?.startsWith('[') !== true ? [line] : [],
    );
    expect(empty).toEqual([]);
    expect(lines.filter((line) => line.startsWith('{"table"')).length).toBeGreaterThan(15);
  });

  it('given it is restored, then every row is as it was, but for the new epoch', async () => {
    expect(await take(target, lines)).toMatchObject({ wasThere: false, head: { version: '0.0.0-test' } });
    const again = await linesOf(target);
    const changed = again.filter((line) => !lines.includes(line));
    expect(changed.filter((line) => line.startsWith('['))).toEqual([
      expect.stringMatching(/"epoch":2,"paused":true/) as string,
      expect.stringMatching(/"type": "powerOff".*"unfinished":true/) as string,
    ]);
    expect(again).toHaveLength(lines.length);
  });

  it('given it is restored, then the installation goes on: same id, all observed first, no position twice', async () => {
    await take(target, lines);
    const before = await openPostgresJournal({
      ...defaultOptions(new TestClock()),
      connectionString: original,
    });
    const after = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString: target });
    const log = await openPostgresEventLog({ connectionString: target, clock: new TestClock() });
    try {
      const { id } = await before.journal.installation();
      expect(await after.journal.installation()).toEqual({ id, epoch: 2, paused: true });
      for (const node of filled) {
        expect(await after.history.state(node)).toEqual(await before.history.state(node));
      }
      const sent = (await before.outbox.unsent([0], 1_000)).map(({ position }) => position);
      const n9 = nodeNamed('n9');
      await after.journal.advance(batch([report(n9)], { decide: starting([commandOf(n9, 1)]) }));
      const positions = (await after.outbox.unsent([0], 1_000)).map(({ position }) => position);
      expect(positions.slice(0, sent.length)).toEqual(sent);
      expect(new Set(positions).size).toBe(positions.length);
      const records = [];
      for (const { partition, low, high } of await log.bounds('fault.reports'))
        for await (const record of log.read('fault.reports', partition, low, high)) records.push(record);
      expect(records.map(({ key }) => key).sort()).toEqual(['a/n1', 'a/n2']);
      expect(records.find(({ key }) => key === 'a/n1')?.headers).toEqual({ ce_id: 'é\0' });
    } finally {
      await Promise.all([before.close(), after.close(), log.close()]);
    }
  });

  it('given it is restored, then as many nodes are kept as out of service as its rows say', async () => {
    await take(target, lines);
    const [before, after] = await Promise.all(
      [original, target].map(async (connectionString) => {
        const client = new pg.Client({ connectionString });
        await client.connect();
        return outOfServiceTwice(client).finally(() => client.end());
      }),
    );
    expect(Object.keys(after?.kept ?? {})).not.toEqual([]);
    expect(after).toEqual(before);
    expect(after?.kept).toEqual(after?.counted);
  });

  it('given it is restored beside the same folder, then every fact is told that was, archived or not', async () => {
    await take(target, lines);
    const options = { ...defaultOptions(new TestClock()), archiveFiles };
    const before = await openPostgresJournal({ ...options, connectionString: original });
    const after = await openPostgresJournal({ ...options, connectionString: target });
    try {
      const facts = await publishedPage(before.history, { limit: 1_000 });
      expect(facts.facts.length).toBeGreaterThan(3);
      expect(await publishedPage(after.history, { limit: 1_000 })).toEqual(facts);
      const [file] = await after.archive.files();
      expect(file?.facts).toBeGreaterThan(0);
    } finally {
      await Promise.all([before.close(), after.close()]);
    }
  });

  it('given the same file again, then nothing changes', async () => {
    await take(target, lines);
    const before = await linesOf(target);
    expect(await take(target, lines)).toMatchObject({ wasThere: true, isFollowed: false });
    expect(await linesOf(target)).toEqual(before);
  });

  it('given an installation is at work there, then it is refused and nothing is changed', async () => {
    await fillJournal(target);
    const before = await linesOf(target);
    await expect(take(target, lines)).rejects.toThrow(/is not empty/);
    expect(await linesOf(target)).toEqual(before);
  });

  it.each<[string, (given: readonly string[]) => readonly string[], RegExp]>([
    ['was cut off', (given) => given.slice(0, -1), /no end/],
    ['lost a row', (given) => given.filter((_, index) => index !== given.length - 2), /digest/],
    ['was changed', (given) => given.map((line) => line.replace('anna', 'emma')), /digest/],
    ['goes on behind its end', (given) => [...given, '[{}]'], /behind its end/],
    ['is something else', () => ['PK\u0003\u0004'], /no line of a backup/],
    ['is empty', () => [], /no end/],
    [
      'names a table that is none of ours',
      (given) => [...given.slice(0, 1), '{"table":"pg_catalog.pg_authid"}'],
      /no table of a backup/,
    ],
    [
      'has a form that is not known',
      (given) => given.map((line) => line.replace('backup/1', 'backup/2')),
      /newer one/,
    ],
    [
      'was made by a newer Faultline',
      (given) => given.map((line) => line.replace(/"file":"0001_[a-z_]+/, '"file":"0099_more')),
      /newer Faultline/,
    ],
  ])('given the file %s, then it is refused and nothing is changed', async (_what, changed, why) => {
    await expect(take(target, changed(lines))).rejects.toThrow(why);
    await expect(linesOf(target)).rejects.toThrow(/there is no journal/);
  });

  it('given it does not fit what is configured, then nothing is changed', async () => {
    const check = (): never => {
      throw new Error('partitions differ');
    };
    await expect(take(target, lines, check)).rejects.toThrow('partitions differ');
    await expect(linesOf(target)).rejects.toThrow(/there is no journal/);
  });

  it('given copies are at work meanwhile, then it is of one moment', async () => {
    const copy = await openPostgresJournal({
      ...defaultOptions(new TestClock()),
      connectionString: original,
    });
    const backup = writeBackup({ connectionString: original, version: '0.0.0-test', takenAt: 1 });
    const written: string[] = [];
    try {
      written.push(String((await backup.next()).value));
      await copy.journal.advance(batch([report(nodeNamed('n1'))]));
      for await (const line of backup) written.push(line);
    } finally {
      await copy.close();
    }
    expect(written.filter((line) => line.startsWith('['))).toEqual(
      lines.filter((line) => line.startsWith('[')),
    );
  });
});

describe('a journal whose database was restored from a dump', () => {
  it('begins a new epoch by itself, once', async () => {
    const copied = await server.copyDatabase(original);
    const told: string[] = [];
    const open = (): ReturnType<typeof openPostgresJournal> =>
      openPostgresJournal({
        ...defaultOptions(new TestClock()),
        connectionString: copied,
        onRestored: () => told.push('restored'),
      });
    for (const _time of [1, 2]) {
      const copy = await open();
      expect(await copy.journal.installation()).toMatchObject({ epoch: 2, paused: true });
      await copy.close();
    }
    expect(told).toEqual(['restored']);
  });
});
