import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresEventLog } from '../../../adapters/postgres/event-log/event-log.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { readBackupLine, type BackupHead } from '../../../adapters/postgres/backup/backup-form.js';
import { readBackup } from '../../../adapters/postgres/backup/read-backup.js';
import {
  applyWithin,
  migrate,
  migrationsFolder,
  prepareLedger,
  readMigrations,
} from '../../../adapters/postgres/migrate.js';
import { neverRepeated } from '../../../adapters/journal/unseen-attempts.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { replay } from '../../../domain/evolve.js';
import { canonicalJson } from '../../../domain/json.js';
import type { NodeState } from '../../../domain/node-state.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { activePolicy } from '../../services/maintenance/decide/decided-node.js';
import { readLines, releasedVersions, releaseFile } from '../../upgrades/release.js';
import { schemaListing } from '../../upgrades/schema-listing.js';
import { batch, retry } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const parts = ['journal', 'event-log'] as const;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function listingOf(connectionString: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await schemaListing(client);
  } finally {
    await client.end();
  }
}

async function allStates({ history }: OpenJournal): Promise<readonly NodeState[]> {
  return (await history.states({ limit: 1_000 })).rows;
}

describe.each(releasedVersions())('a database that release %s left', (version) => {
  const lines = readLines(releaseFile(version, 'backup.ndjson.gz'));
  const first = readBackupLine(lines[0] ?? '');
  const head: BackupHead | undefined = first.kind === 'head' ? first.head : undefined;
  let restored: string;
  beforeEach(async () => {
    restored = await server.createEmptyDatabase();
  });

  const restore = async (): Promise<OpenJournal> => {
    await readBackup({ connectionString: restored, lines: Readable.from(lines), check: () => undefined });
    const log = await openPostgresEventLog({ connectionString: restored, clock: new TestClock() });
    await log.close();
    return openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString: restored });
  };

  it('had the schema that its migrations still give', async () => {
    const client = new pg.Client({ connectionString: restored });
    await client.connect();
    try {
      await prepareLedger(client);
      for (const { part, migrations } of head?.parts ?? []) {
        const known = await readMigrations(migrationsFolder(part));
        for (const migration of known.slice(0, migrations.length)) await applyWithin(client, part, migration);
      }
      const released = readFileSync(releaseFile(version, 'schema.txt'), 'utf8');
      expect(await schemaListing(client)).toEqual(released.split('\n').slice(0, -1));
    } finally {
      await client.end();
    }
  });

  it('has, brought up to date with its rows, the schema of a new one', async () => {
    await (await restore()).close();
    const fresh = await server.createEmptyDatabase();
    const pool = new pg.Pool({ connectionString: fresh, max: 1 });
    for (const part of parts) await migrate(pool, migrationsFolder(part));
    await pool.end();
    expect(await listingOf(restored)).toEqual(await listingOf(fresh));
  });

  it('keeps every state, and the facts still fold to it', async () => {
    const journal = await restore();
    try {
      const states = await allStates(journal);
      expect(states.length).toBeGreaterThan(3);
      for (const state of states) {
        const facts = await journal.history.facts(state.node, { fromVersion: 1, limit: 100_000 });
        expect(canonicalJson(replay(state.node, facts))).toBe(canonicalJson(state));
      }
    } finally {
      await journal.close();
    }
  });

  it('has its processes go on: commands are offered, and inputs are decided on the states that were', async () => {
    const journal = await restore();
    try {
      const active = (await allStates(journal)).filter(({ process }) => process !== undefined);
      expect(active.length).toBeGreaterThan(0);
      const queued = await journal.commands.claimable(Number.MAX_SAFE_INTEGER, 100);
      expect(queued.length).toBeGreaterThan(0);
      for (const { command, unfinishedAttempt } of queued)
        if (neverRepeated.includes(command.type)) expect(unfinishedAttempt).toBe(true);
      for (const { node, version: before } of active) {
        const rules = { policy: activePolicy, epoch: 2 };
        const result = await journal.journal.advance(
          batch([retry(node)], { ...decidingBy(rules), group: 'after the upgrade' }),
        );
        expect(result).toMatchObject({ decided: 1, parked: 0 });
        expect((await journal.history.state(node))?.version).toBeGreaterThanOrEqual(before);
      }
      expect(await journal.outbox.backlog()).toBeGreaterThan(0);
    } finally {
      await journal.close();
    }
  });
});
