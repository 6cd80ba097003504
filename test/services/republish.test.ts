import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveFolder } from '../../adapters/archive/archive-folder.js';
import { systemClock } from '../../adapters/clock/system-clock.js';
import type { OpenJournal } from '../../adapters/journal/options.js';
import { MemoryEventLog } from '../../adapters/memory/event-log.js';
import { createMemoryJournal } from '../../adapters/memory/journal.js';
import type { LogRecord } from '../../adapters/ports/event-log.js';
import type { NewOutboxEntry } from '../../adapters/ports/journal.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { isEventName } from '../../schemas/codec.js';
import { frame } from '../../schemas/wire-format.js';
import { archiveFacts } from '../../services/maintenance/archive/archive-facts.js';
import { decidingBy } from '../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import { filterOf } from '../../services/event-filter.js';
import { topicsOfFacts } from '../../services/journal-events.js';
import { republish, ResumePointUnknown, type RepublishOptions } from '../../services/republish.js';
import { batch } from '../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../contract/journal/harness.js';
import { readHistories } from '../upgrades/golden-history.js';
import { releasedVersions } from '../upgrades/release.js';

const schemaIds = bundledSchemaIds();
const source = '/faultline/tested/maintenance';
const to = 'history';
const never = new AbortController().signal;

let log: MemoryEventLog;
let journal: OpenJournal;
let folder: string;
let archiveFiles: ArchiveFolder;
/** What was published once, of all that facts make. */
let published: readonly NewOutboxEntry[];

beforeEach(async () => {
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics([{ topic: to, partitions: 2, retentionMs: -1, compacted: false }]);
  folder = await mkdtemp(join(tmpdir(), 'faultline-republish-'));
  archiveFiles = new ArchiveFolder(folder);
  const writer = createOutboxWriter({ source, epoch: 1 });
  journal = createMemoryJournal({ ...defaultOptions(new TestClock()), writer, archiveFiles });
  const { histories, rules } = readHistories(releasedVersions().at(-1) ?? '');
  const few = [...new Map(histories.map((history) => [history.node, history])).values()].slice(0, 3);
  for (const history of few) {
    const rule = rules[history.rules];
    if (rule === undefined) throw new TypeError(`${history.name} has no rules`);
    await journal.journal.advance(
      batch(
        history.steps.map(({ input }) => input),
        decidingBy(rule),
      ),
    );
  }
  const entries = await journal.outbox.unsent([0, 1], 100_000);
  published = entries.filter(({ topic }) => topicsOfFacts.includes(topic));
});
afterEach(async () => {
  await log.close();
  await journal.close();
  await rm(folder, { recursive: true, force: true });
});

function wanted(more: Partial<RepublishOptions> = {}): RepublishOptions {
  const filter = { ...filterOf({}), topics: topicsOfFacts };
  return {
    history: journal.history,
    eventLog: log,
    schemaIds,
    source,
    span: { filter, since: 0, until: Infinity },
    to,
    run: 'run-1',
    interrupted: never,
    ...more,
  };
}

async function sent(): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (const { partition, low, high } of await log.bounds(to))
    for await (const record of log.read(to, partition, low, high)) records.push(record);
  return records;
}

/** By node, what the records say, in order. */
function byNode(
  shown: readonly (readonly [string | undefined, string])[],
): ReadonlyMap<string, readonly string[]> {
  const nodes = new Map<string, string[]>();
  for (const [node = '', line] of shown) nodes.set(node, [...(nodes.get(node) ?? []), line]);
  return new Map([...nodes].sort());
}

function shownRecord({ key, value, headers }: LogRecord): readonly [string | undefined, string] {
  const { ce_replay: run, ...rest } = headers;
  return [key, JSON.stringify([value?.toString('hex'), run, Object.entries(rest).sort()])];
}

async function shownEntry(entry: NewOutboxEntry): Promise<readonly [string, string]> {
  const { key, event = '', body, headers } = entry;
  if (!isEventName(event) || body === undefined) throw new TypeError(`${event} is no event`);
  const value = frame(await schemaIds.idOf(event), body);
  return [key, JSON.stringify([value.toString('hex'), 'run-1', Object.entries(headers).sort()])];
}

describe('publishing the past once more', () => {
  it('sends every event under its id and with its bytes, in order per node, marked with the run', async () => {
    const { events } = await republish(wanted());
    expect(events).toBe(published.length);
    const once = await Promise.all(published.map(shownEntry));
    expect(byNode((await sent()).map(shownRecord))).toEqual(byNode(once));
  });

  it('given facts that were archived, then it sends the same', async () => {
    const longAfter = 4_102_444_800_000;
    const { archive, archiving: duty } = journal;
    const owner = 'tested';
    await archiveFacts({ archive, duty, files: archiveFiles, owner, now: () => longAfter, afterMs: 0 });
    expect(await archive.files()).toHaveLength(1);
    const { events } = await republish(wanted());
    expect(events).toBe(published.length);
    const once = await Promise.all(published.map(shownEntry));
    expect(byNode((await sent()).map(shownRecord))).toEqual(byNode(once));
  });

  it('given it is interrupted, when it goes on after the last event, then all is there once', async () => {
    const interruption = new AbortController();
    let calls = 0;
    const eventLog: RepublishOptions['eventLog'] = {
      append: async (records) => {
        calls += 1;
        if (calls === 2) interruption.abort();
        await log.append(records);
      },
    };
    const first = await republish(wanted({ eventLog, together: 20, interrupted: interruption.signal }));
    expect(first.events).toBeLessThan(published.length);
    const rest = await republish(wanted(first.last === undefined ? {} : { after: first.last }));
    expect(first.events + rest.events).toBe(published.length);
    const once = await Promise.all(published.map(shownEntry));
    expect(byNode((await sent()).map(shownRecord))).toEqual(byNode(once));
  });

  it('given an event that is none of these, then nothing is sent', async () => {
    await expect(republish(wanted({ after: 'a/n1@9.9/ProcessEvent' }))).rejects.toBeInstanceOf(
      ResumePointUnknown,
    );
    expect(await sent()).toEqual([]);
  });
});
