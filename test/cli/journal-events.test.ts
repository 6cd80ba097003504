import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import avro from 'avsc';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { NodeKey } from '../../domain/identifiers.js';
import type { NewOutboxEntry } from '../../adapters/ports/journal.js';
import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import { decodeEvent } from '../../schemas/codec.js';
import { decidingBy } from '../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import { topicsOfFacts } from '../../services/journal-events.js';
import { batch } from '../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../contract/journal/harness.js';
import { startTestServer, type TestServer } from '../contract/journal/postgres-server.js';
import { readHistories } from '../upgrades/golden-history.js';
import { releasedVersions } from '../upgrades/release.js';
import { runCommand } from './run-command.js';

let server: TestServer;
let folder: string;
let config: string;
let connectionString: string;
/** What was published, by node in order. */
let published: readonly NewOutboxEntry[];

/** A journal whose log has forgotten everything: there is none. */
async function decideHistories(): Promise<readonly NewOutboxEntry[]> {
  const journal = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
  const { id } = await journal.journal.installation();
  await journal.close();
  const writer = createOutboxWriter({ source: `/faultline/${id}/maintenance`, epoch: 1 });
  const copy = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString, writer });
  const golden = readHistories(releasedVersions().at(-1) ?? '');
  const few = new Map(golden.histories.map((history) => [history.node, history]));
  try {
    for (const { rules, steps } of [...few.values()].slice(0, 3)) {
      const chosen = golden.rules[rules];
      if (chosen !== undefined)
        await copy.journal.advance(
          batch(
            steps.map(({ input }) => input),
            decidingBy(chosen),
          ),
        );
    }
    const entries = await copy.outbox.unsent([0, 1], 100_000);
    return entries
      .filter(({ topic }) => topicsOfFacts.includes(topic))
      .toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  } finally {
    await copy.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-journal-events-'));
  config = join(folder, 'faultline.yaml');
  server = await startTestServer();
  connectionString = await server.createDatabase();
  published = await decideHistories();
  const url = new URL(connectionString);
  writeFileSync(join(folder, 'password'), url.password);
  url.password = '';
  writeFileSync(
    config,
    `journal: { kind: postgres, connection: ${url.href}, passwordFile: ${join(folder, 'password')} }\nguard: { labels: [rack] }\n`,
  );
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const events = (...words: readonly string[]) => runCommand(['events', '--config', config, ...words]);

function lines(out: string): readonly Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const idsOf = (entries: readonly NewOutboxEntry[]) => entries.map(({ headers }) => headers['ce_id']);

describe('faultline events --config, given a journal whose log has forgotten everything', () => {
  it('prints every event that was published, under its id and with what its headers said', async () => {
    const { code, out, err } = await events();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const found = lines(out);
    expect(found.map(({ id }) => id)).toEqual(idsOf(published));
    for (const [index, { headers, topic, key }] of published.entries()) {
      expect(found[index]).toMatchObject({
        topic,
        // Whoever acts on events leaves it out.
        replay: 'journal',
        source: headers['ce_source'],
        type: headers['ce_type'],
        time: headers['ce_time'],
        subject: key,
        sequence: headers['ce_sequence'],
        causationid: headers['ce_causationid'],
        traceparent: headers['traceparent'],
      });
    }
  });

  it('prints only what is asked for: a topic, a node, a class, a time', async () => {
    const of = (topic: string): readonly NewOutboxEntry[] =>
      published.filter((entry) => entry.topic === topic);
    const ended = lines((await events('--topic', 'maintenance.outcomes')).out);
    expect(ended.map(({ id }) => id)).toEqual(idsOf(of('maintenance.outcomes')));
    const [first] = published;
    const { out } = await events('--node', first?.key ?? '');
    expect(lines(out).map(({ id }) => id)).toEqual(idsOf(published.filter(({ key }) => key === first?.key)));
    const middle = published[Math.floor(published.length / 2)]?.headers['ce_time'] ?? '';
    const before = lines((await events('--to', middle)).out).map(({ id }) => id);
    const after = lines((await events('--from', middle)).out).map(({ id }) => id);
    expect(new Set([...before, ...after])).toEqual(new Set(idsOf(published)));
    expect(before.filter((id) => after.includes(id))).toEqual([]);
    expect(before.length * after.length).toBeGreaterThan(0);
  });

  it('refuses a beginning that lies ahead, as a running Faultline does, in place of printing nothing', async () => {
    const { code, out, err } = await events('--from', '2999-01-01');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--from 2999-01-01T00:00:00.000Z lies ahead');
    expect(err).toContain('begin at a time that is past');
  });

  it('prints what is about nodes with the labels asked for', async () => {
    const nodes = [...new Set(published.map(({ key }) => key as NodeKey))];
    const [one, ...others] = nodes;
    const copy = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
    const place = { pool: 'p', zone: 'z', unavailable: false, controlPlane: false };
    const rackOf = (node: NodeKey): string => (node === one ? 'r1' : 'r2');
    const members = nodes.map((node) => ({ node, ...place, labels: { rack: rackOf(node) } }));
    await copy.inventory.replace('a', members, 1);
    await copy.close();
    const { out, err } = await events('--selector', 'rack=r1');
    expect(err).toBe('');
    expect(lines(out).map(({ id }) => id)).toEqual(idsOf(published.filter(({ key }) => key === one)));
    expect(others.length).toBeGreaterThan(0);
  });

  it('goes on behind the event that is named', async () => {
    const [, , event] = published;
    const key = event?.key;
    const { ce_id: id = '', ce_time: time = '' } = event?.headers ?? {};
    const found = lines((await events('--from', id)).out);
    expect(found.length).toBeLessThan(published.length);
    for (const after of found) expect(String(after['time']) >= time).toBe(true);
    const ofNode = idsOf(published.filter((entry) => entry.key === key));
    const mark = ofNode.indexOf(id);
    expect(found.filter(({ subject }) => subject === key).map(({ id }) => id)).toEqual(
      ofNode.slice(mark + 1),
    );
    expect(mark).toBeGreaterThan(0);
    expect(await events('--from', 'a/nowhere@1.7/ProcessEvent')).toMatchObject({ code: 3 });
  });

  it('writes a file of Avro objects that holds what was published', async () => {
    const file = join(folder, 'events.avro');
    const words = ['--topic', 'maintenance.events', '-o', 'avro', '--file', file];
    expect(await events(...words)).toMatchObject({ code: 0, out: '', err: '' });
    const objects: object[] = [];
    for await (const object of avro.createFileDecoder(file)) objects.push(object as object);
    const bodies = published.filter(({ topic }) => topic === 'maintenance.events').map(({ body }) => body);
    expect(objects.map((object) => ({ ...object }))).toEqual(
      bodies.map((body) => ({ ...decodeEvent('ProcessEvent', body ?? Buffer.alloc(0)) })),
    );
  });

  it.each([
    [['--topic', 'fault.report-fates'], "can't be made again"],
    [['--follow'], 'only a running Faultline can be followed'],
    [['--class', 'hardwear'], 'class, value 1: "hardwear"'],
  ])('%j is refused', async (words, problem) => {
    const { code, err } = await events(...words);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });

  it('reads under the role of replay and no other: what is taken from that role is taken from it', async () => {
    const admin = new pg.Client({ connectionString });
    await admin.connect();
    try {
      await admin.query('REVOKE SELECT ON journal.fact FROM faultline_reader');
      const { code, out, err } = await events();
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('permission denied');
    } finally {
      await admin.query('GRANT SELECT ON journal.fact TO faultline_reader');
      await admin.end();
    }
  });
});

describe('faultline republish', () => {
  const kafka = () => {
    const path = join(folder, 'kafka.yaml');
    writeFileSync(path, 'eventLog: { kind: kafka, brokers: [127.0.0.1:1] }\n');
    return path;
  };

  it('given an embedded log, then it says who can be given the past how', async () => {
    const { code, err } = await runCommand(['republish', '--to', 'history', '--config', config]);
    expect(code).toBe(2);
    expect(err).toContain('faultline events --config');
  });

  it('given a topic of Faultline’s own, then it refuses: subscribers would act on what is long over', async () => {
    const { code, err } = await runCommand(['republish', '--to', 'migration.requests', '--config', kafka()]);
    expect(code).not.toBe(0);
    expect(err).toContain('migration.requests is a live topic');
  });
});
