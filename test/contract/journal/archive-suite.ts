import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ArchiveFolder } from '../../../adapters/archive/archive-folder.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ArchiveFiles, FactArchive, NewArchiveFile } from '../../../adapters/ports/archive.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { canonicalJson } from '../../../domain/json.js';
import { emptyNodeState } from '../../../domain/node-state.js';
import { foldNode } from '../../../services/console/replay-node.js';
import { archiveFacts, type ArchivingOptions } from '../../../services/maintenance/archive/archive-facts.js';
import { lastRest } from '../../../services/maintenance/archive/last-rest.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { madeAgain } from '../../made-again.js';
import { readHistories, type GoldenHistory } from '../../upgrades/golden-history.js';
import { releasedVersions } from '../../upgrades/release.js';
import { publishedPage } from '../../published-page.js';
import { batch } from './decisions.js';
import type { Harness, Installation } from './harness.js';

const golden = readHistories(releasedVersions().at(-1) ?? '');
const histories = golden.histories.filter(({ steps }) => steps.length <= 80);
/** When all of them are long over, ms. */
const later = 4_102_444_800_000;
const source = '/faultline/tested/maintenance';
/** More facts than there are. */
const all = 10_000;

interface Tried {
  readonly installation: Installation;
  readonly copy: OpenJournal;
  readonly files: ArchiveFolder;
  readonly nodes: readonly NodeKey[];
}

/** One history of each node, so that their versions don't collide. */
function ofDifferentNodes(places: readonly number[]): readonly GoldenHistory[] {
  const chosen = places.flatMap((place) => histories[place % histories.length] ?? []);
  return [...new Map(chosen.map((history) => [history.node, history])).values()];
}

function some(count: number): readonly GoldenHistory[] {
  return ofDifferentNodes(histories.map((_, place) => place)).slice(0, count);
}

/** So many of different nodes, with as few steps as there are. */
function shortest(count: number): readonly GoldenHistory[] {
  const longestFirst = histories.map(({ steps }, place) => ({ steps: steps.length, place }));
  longestFirst.sort((a, b) => b.steps - a.steps);
  return ofDifferentNodes(longestFirst.map(({ place }) => place))
    .toSorted((a, b) => a.steps.length - b.steps.length)
    .slice(0, count);
}

async function decide(copy: OpenJournal, { rules, steps, name }: GoldenHistory, from = 0, to = steps.length) {
  const pinned = golden.rules[rules];
  if (pinned === undefined) throw new TypeError(`${name} has no rules`);
  const inputs = steps.slice(from, to).map(({ input }) => input);
  if (inputs.length > 0) await copy.journal.advance(batch(inputs, decidingBy(pinned)));
}

/** Every instant at which something of these nodes was decided. */
async function instants({ copy, nodes }: Tried): Promise<readonly number[]> {
  const facts = await Promise.all(
    nodes.map((node) => copy.history.facts(node, { fromVersion: 1, limit: all })),
  );
  return [...new Set(facts.flat().map(({ at }) => at))].sort((a, b) => a - b);
}

interface Asked {
  readonly pageFacts?: number;
  /** Of each node's facts every how manieth is asked from, until and after. Undefined: none. */
  readonly every?: number;
}

/** What a reader of facts is told, by what was asked: all facts in each way that gives all, and with `every` parts of them. */
async function answers(
  tried: Tried,
  { pageFacts = 10, every }: Asked = {},
): Promise<ReadonlyMap<string, string>> {
  const { history } = tried.copy;
  const told = new Map<string, string>();
  const ask = async (question: string, answer: Promise<unknown>): Promise<void> => {
    told.set(question, canonicalJson(await answer));
  };
  await ask('events made again', madeAgain(history, source, pageFacts));
  await ask('published facts', publishedPage(history, { limit: all }));
  const types = ['ProcessEnded', 'FaultOpened'] as const;
  await ask('published facts of two types', publishedPage(history, { limit: all, types }));
  for (const node of tried.nodes) {
    const { version: last } = (await history.state(node)) ?? emptyNodeState(node);
    await ask(`published facts of ${node}`, publishedPage(history, { node, limit: pageFacts }));
    await ask(`the state of ${node}`, foldNode(history, node, { version: last }));
    const facts = await history.facts(node, { fromVersion: 1, limit: all });
    await ask(`facts of ${node}`, Promise.resolve(facts));
    if (every === undefined) continue;
    // The first and last ones, and some in between: each is many questions.
    const some = facts.filter(({ version }) => version < 3 || version % every === 0 || version > last - 2);
    for (const { version, at } of some) {
      const place = `${node} ${version}`;
      await ask(`facts from ${place}`, history.facts(node, { fromVersion: version, limit: 3 }));
      const until = { fromVersion: 1, until: at, limit: pageFacts };
      await ask(`facts until ${place}`, history.facts(node, until));
      const after = { after: { node, version }, limit: pageFacts };
      await ask(`published facts after ${place}`, publishedPage(history, after));
      await ask(`the state at ${place}`, foldNode(history, node, { version }));
      await ask(`the state when ${place}`, foldNode(history, node, { version: last, until: at }));
    }
  }
  return told;
}

/** What is asked again, and answered otherwise than before. */
async function otherwise(
  tried: Tried,
  before: ReadonlyMap<string, string>,
  asked?: Asked,
): Promise<readonly string[]> {
  const now = await answers(tried, asked);
  return [...new Set([...before.keys(), ...now.keys()])].filter(
    (question) => before.get(question) !== now.get(question),
  );
}

const smallFiles = { stretchFacts: 7, fileFacts: 30, fileBytes: 64 * 1_048_576, fileNodes: 2 };

/** Fails at the call of this number, before or after it was made. */
class Breaking {
  #left: number;
  readonly #before: boolean;

  constructor(call: number, before: boolean) {
    this.#left = call;
    this.#before = before;
  }

  async at<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#left -= 1;
    if (this.#left === 0 && this.#before) throw new Error('died');
    const result = await call();
    if (this.#left === 0) throw new Error('died');
    return result;
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }
}

/** Dies at one of the steps between which something is half done. Nothing is tidied up by the dead. */
function dyingAt(archive: FactArchive, files: ArchiveFiles, death: Breaking) {
  const begun: NewArchiveFile[] = [];
  return {
    /** Closes what the dead held open, as its system would. */
    bury: async () => {
      for (const file of begun) await file.abandon();
    },
    archive: {
      snapshot: (node) => archive.snapshot(node),
      stretches: (query) => archive.stretches(query),
      files: () => archive.files(),
      finishedAt: () => archive.finishedAt(),
      nodesWithFactsBefore: (query) => archive.nodesWithFactsBefore(query),
      kept: (node, query) => archive.kept(node, query),
      remove: (removal) => death.at(() => archive.remove(removal)),
      finish: (at) => death.at(() => archive.finish(at)),
    } satisfies FactArchive,
    files: {
      read: (stretch) => files.read(stretch),
      look: (file) => files.look(file),
      check: (file) => files.check(file),
      removeUnfinished: (owner) => death.at(() => files.removeUnfinished(owner)),
      begin: (owner) =>
        death.at(async () => {
          const file = await files.begin(owner);
          begun.push(file);
          return {
            get length() {
              return file.length;
            },
            add: (facts) => death.at(() => file.add(facts)),
            finish: () => death.at(() => file.finish()),
            abandon: () => (death.isOver ? Promise.resolve() : file.abandon()),
          };
        }),
    } satisfies ArchiveFiles,
  };
}

/** Facts that moved into files are told as before, on every journal. */
export function archiveSuite(harness: () => Harness, numRuns: number): void {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-archive-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const given = async (chosen: readonly GoldenHistory[], parts = 1): Promise<Tried> => {
    const files = new ArchiveFolder(folder);
    const installation = await harness().installation();
    const copy = await installation.open({ archiveFiles: files });
    for (const history of chosen) await decide(copy, history, 0, Math.ceil(history.steps.length / parts));
    return { installation, copy, files, nodes: chosen.map(({ node }) => node) };
  };
  const archiving = ({ copy, files }: Tried, before: number): ArchivingOptions => ({
    archive: copy.archive,
    duty: copy.archiving,
    files,
    owner: 'tested',
    now: () => before,
    afterMs: 0,
    limits: smallFiles,
  });

  describe('for any histories, archived up to any instants', () => {
    it('every reader is told what it was told before, byte for byte', { timeout: 120_000 }, () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: histories.length - 1 }), { minLength: 1, maxLength: 3 }),
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
          fc.record({ pageFacts: fc.integer({ min: 2, max: 30 }), every: fc.integer({ min: 10, max: 40 }) }),
          fc.integer({ min: 2, max: 30 }),
          async (places, shares, asked, stretchFacts) => {
            const tried = await given(ofDifferentNodes(places));
            const limits = { ...smallFiles, stretchFacts };
            try {
              const before = await answers(tried, asked);
              const times = await instants(tried);
              for (const share of shares) {
                const upTo = times[Math.floor(share * (times.length - 1))] ?? 0;
                expect(await archiveFacts({ ...archiving(tried, upTo + 1), limits })).toBe(true);
                expect(await otherwise(tried, before, asked)).toEqual([]);
              }
            } finally {
              await tried.installation.close();
            }
          },
        ),
        { numRuns },
      ),
    );
  });

  it('what is decided after a part was archived goes on from it', async () => {
    const [history] = ofDifferentNodes([0]);
    if (history === undefined) throw new TypeError('the release has histories');
    const whole = await given([history]);
    const expected = await answers(whole);
    await whole.installation.close();
    const tried = await given([history], 2);
    try {
      await archiveFacts(archiving(tried, later));
      await decide(tried.copy, history, Math.ceil(history.steps.length / 2));
      await archiveFacts(archiving(tried, later));
      expect(await otherwise(tried, expected)).toEqual([]);
    } finally {
      await tried.installation.close();
    }
  });

  describe('of what is going on', () => {
    it('nothing is archived, only what lies before the node was last at rest', async () => {
      const tried = await given(some(8), 2);
      const { archive } = tried.copy;
      try {
        const rests = await Promise.all(
          tried.nodes.map((node) => lastRest(archive, node, { before: later, enough: all })),
        );
        await archiveFacts(archiving(tried, later));
        let open = 0;
        for (const [index, node] of tried.nodes.entries()) {
          const state = await archive.snapshot(node);
          expect(state).toEqual(rests[index]?.state);
          expect(state?.process).toBeUndefined();
          const kept = await archive.kept(node, { fromVersion: 1, limit: 1 });
          const stored = await tried.copy.history.state(node);
          if (stored?.process === undefined) continue;
          open += 1;
          expect(kept).toHaveLength(1);
        }
        expect(open).toBeGreaterThan(0);
        const snapshots = await Promise.all(tried.nodes.map((node) => archive.snapshot(node)));
        expect(snapshots.filter((state) => state !== undefined).length).toBeGreaterThan(2);
      } finally {
        await tried.installation.close();
      }
    });

    it('nothing is archived that is younger than it must be', async () => {
      const tried = await given(some(3));
      try {
        const [first = 0] = await instants(tried);
        await archiveFacts(archiving(tried, first));
        expect(await tried.copy.archive.files()).toEqual([]);
        expect(await readdir(folder)).toEqual([]);
        expect(await tried.copy.archive.finishedAt()).toBe(first);
      } finally {
        await tried.installation.close();
      }
    });
  });

  it('a run that dies at any of its steps leaves each fact where a reader finds it, once, and the next run goes on', async () => {
    const chosen = shortest(3);
    // Two files, of two nodes and of one, with one stretch and with several: each kind of step is there, and few more.
    const limits = { ...smallFiles, stretchFacts: 3 };
    const undisturbed = await given(chosen);
    const expected = await answers(undisturbed);
    await undisturbed.installation.close();
    let deaths = 0;
    for (const before of [true, false]) {
      for (let call = 1, isOver = true; isOver; call += 1) {
        const tried = await given(chosen);
        try {
          const death = new Breaking(call, before);
          const { bury, ...dying } = dyingAt(tried.copy.archive, tried.files, death);
          await archiveFacts({ ...archiving(tried, later), limits, ...dying }).then(
            () => undefined,
            (error: unknown) => {
              expect(String(error)).toBe('Error: died');
              deaths += 1;
            },
          );
          isOver = death.isOver;
          expect(await otherwise(tried, expected)).toEqual([]);
          await archiveFacts({ ...archiving(tried, later), limits });
          expect(await otherwise(tried, expected)).toEqual([]);
          expect((await readdir(folder)).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
          for (const file of await tried.copy.archive.files()) await tried.files.check(file);
          await bury();
        } finally {
          await tried.installation.close();
        }
      }
    }
    expect(deaths).toBeGreaterThan(20);
  }, 120_000);

  it('who reads while facts move is told each once, and none too few', async () => {
    const tried = await given(some(8));
    const { history } = tried.copy;
    try {
      const expected = await publishedPage(history, { limit: all });
      const progress = { isOver: false };
      const moving = archiveFacts(archiving(tried, later)).finally(() => {
        progress.isOver = true;
      });
      do {
        expect(await publishedPage(history, { limit: all })).toEqual(expected);
        // Memory answers at once: files would never be written meanwhile.
        await setImmediate();
      } while (!progress.isOver);
      await moving;
      expect(await publishedPage(history, { limit: all })).toEqual(expected);
    } finally {
      await tried.installation.close();
    }
  });

  it('only one copy archives at a time; when it is gone another one does', async () => {
    const tried = await given(some(2));
    try {
      const other = await tried.installation.open();
      expect(await tried.copy.archiving.acquire()).toBe(true);
      expect(
        await archiveFacts({ ...archiving(tried, later), archive: other.archive, duty: other.archiving }),
      ).toBe(false);
      expect(await readdir(folder)).toEqual([]);
      await tried.copy.archiving.release();
      expect(
        await archiveFacts({ ...archiving(tried, later), archive: other.archive, duty: other.archiving }),
      ).toBe(true);
      expect(await tried.copy.archiving.acquire()).toBe(true);
    } finally {
      await tried.installation.close();
    }
  });

  it('facts that are archived already can not be archived again: nothing changes', async () => {
    const tried = await given(some(2));
    try {
      const { archive } = tried.copy;
      let removal: Parameters<FactArchive['remove']>[0] | undefined;
      const remove = archive.remove.bind(archive);
      archive.remove = (asked) => {
        removal ??= asked;
        return remove(asked);
      };
      await archiveFacts(archiving(tried, later));
      if (removal === undefined) throw new TypeError('something was archived');
      const files = await archive.files();
      await expect(
        remove({ ...removal, file: { ...removal.file, name: 'other.avro' } }),
      ).rejects.toMatchObject({
        name: 'ArchiveConflict',
      });
      expect(await archive.files()).toEqual(files);
    } finally {
      await tried.installation.close();
    }
  });

  describe('when a file is missing', () => {
    it('its facts are refused by its name; the present and all that is kept need none', async () => {
      const tried = await given(some(6));
      const { history, archive } = tried.copy;
      try {
        await archiveFacts(archiving(tried, later));
        const states = await Promise.all(tried.nodes.map((node) => history.state(node)));
        for (const name of await readdir(folder)) await rm(join(folder, name));
        for (const [index, node] of tried.nodes.entries()) {
          const state = states[index];
          if (state === undefined) throw new TypeError(`${node} has a state`);
          expect(await foldNode(history, node, { version: state.version })).toEqual(state);
          const snapshot = await archive.snapshot(node);
          if (snapshot === undefined) continue;
          const fromVersion = snapshot.version + 1;
          await expect(history.facts(node, { fromVersion, limit: all })).resolves.toHaveLength(
            state.version - snapshot.version,
          );
          await expect(history.facts(node, { fromVersion: 1, limit: 1 })).rejects.toMatchObject({
            name: 'ArchiveUnreadable',
            message: expect.stringMatching(/tested-[0-9a-f]{16}\.avro.*ENOENT.*archive\.folder/) as unknown,
          });
          if (snapshot.version === 1) continue;
          await expect(foldNode(history, node, { version: snapshot.version - 1 })).rejects.toThrow(
            'archived facts lie in',
          );
        }
        await expect(publishedPage(history, { limit: 1_000 })).rejects.toThrow('archived facts lie in');
      } finally {
        await tried.installation.close();
      }
    });

    it('and none where no folder is configured', async () => {
      const tried = await given(some(6));
      try {
        await archiveFacts(archiving(tried, later));
        const other = await tried.installation.open();
        await expect(publishedPage(other.history, { limit: 1_000 })).rejects.toThrow(
          'no archive.folder is configured here',
        );
      } finally {
        await tried.installation.close();
      }
    });
  });
}
