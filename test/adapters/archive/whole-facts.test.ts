import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ArchiveFolder } from '../../../adapters/archive/archive-folder.js';
import { WholeFacts, type KeptFacts } from '../../../adapters/archive/whole-facts.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { MemoryKeptFacts } from '../../../adapters/memory/journal/kept-facts.js';
import { archiveFacts } from '../../../services/maintenance/archive/archive-facts.js';
import { batch, ending, nodeNamed, report, starting } from '../../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { publishedPage } from '../../published-page.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const nodes = ['n1', 'n2', 'n3'].map(nodeNamed);

/** Each node had two processes that are over, and one that is not. */
async function given() {
  const options = defaultOptions(new TestClock());
  const store = createMemoryStore(options);
  const { archive, archiving, journal } = createMemoryJournal(options, store);
  for (const node of nodes) {
    for (const number of [1, 2]) {
      await journal.advance(batch([report(node)], { decide: starting([], [], number) }));
      await journal.advance(batch([report(node)], { decide: ending }));
    }
    await journal.advance(batch([report(node)], { decide: starting([], [], 3) }));
  }
  const files = new ArchiveFolder(folder);
  const moving = { archive, duty: archiving, files, owner: 'tested', now: () => Infinity, afterMs: 0 };
  const archived = () => archiveFacts(moving);
  return { archive, files, archived, kept: new MemoryKeptFacts(store) };
}

/** Answers, and only then lets something happen. */
function thenDoing(kept: KeptFacts, happening: () => Promise<unknown>): KeptFacts {
  return {
    facts: async (node, query) => {
      const facts = await kept.facts(node, query);
      await happening();
      return facts;
    },
    publishedFacts: async (query) => {
      const facts = await kept.publishedFacts(query);
      await happening();
      return facts;
    },
  };
}

it('facts that move between the two questions of a reader are told once', async () => {
  const { archive, files, archived, kept } = await given();
  const [node] = nodes;
  if (node === undefined) throw new TypeError('there are nodes');
  const expected = await publishedPage(kept, { limit: 100 });
  const ofOne = await kept.facts(node, { fromVersion: 2, limit: 100 });
  expect(expected.facts).toHaveLength(15);
  const whole = new WholeFacts(thenDoing(kept, archived), archive, files);
  expect(await publishedPage(whole, { limit: 100 })).toEqual(expected);
  expect(await archive.files()).toHaveLength(1);
  expect(await whole.facts(node, { fromVersion: 2, limit: 100 })).toEqual(ofOne);
});

it('only stretches that a page needs are read', async () => {
  const { archive, files, archived, kept } = await given();
  const expected = await publishedPage(kept, { limit: 7 });
  await archived();
  const read: string[] = [];
  const counting = {
    read: (stretch: Parameters<ArchiveFolder['read']>[0]) => {
      read.push(`${stretch.node} ${stretch.firstVersion}-${stretch.lastVersion}`);
      return files.read(stretch);
    },
  };
  const whole = new WholeFacts(kept, archive, counting);
  expect(await publishedPage(whole, { limit: 7 })).toEqual(expected);
  expect(read).toEqual(['a/n1 1-4', 'a/n2 1-4']);
  // Facts that the journal holds itself need none.
  const [node] = nodes;
  if (node === undefined) throw new TypeError('there are nodes');
  expect(await whole.facts(node, { fromVersion: 5, limit: 10 })).toHaveLength(1);
  expect(read).toHaveLength(2);
});
