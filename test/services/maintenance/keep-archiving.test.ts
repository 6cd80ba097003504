import { expect, it } from 'vitest';

import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { ArchiveFiles } from '../../../adapters/ports/archive.js';
import { keepArchiving } from '../../../services/maintenance/archive/keep-archiving.js';
import { Workload } from '../../../services/workload.js';
import { batch, ending, nodeNamed, report, starting } from '../../contract/journal/decisions.js';
import { defaultOptions, TestClock, TestRandomness } from '../../contract/journal/harness.js';
import { silentLog } from '../silent-log.js';

const hourMs = 3_600_000;

/** Runs as many looks as there are hours, each an hour later. */
async function lookedAt(hours: number, failsUntil: number): Promise<readonly string[]> {
  const clock = new TestClock();
  const { archive, archiving: duty, journal } = createMemoryJournal(defaultOptions(clock));
  const node = nodeNamed('n1');
  await journal.advance(batch([report(node)], { decide: starting([]) }));
  await journal.advance(batch([report(node)], { decide: ending }));
  clock.set(10_000 * hourMs);
  const over = new AbortController();
  const told: string[] = [];
  let looks = 0;
  clock.waitUntil = () => {
    looks += 1;
    clock.set(clock.now() + hourMs);
    if (looks === hours) over.abort();
    return Promise.resolve();
  };
  const files: ArchiveFiles = {
    removeUnfinished: () =>
      looks < failsUntil ? Promise.reject(new Error('no such folder')) : Promise.resolve(),
    begin: () =>
      Promise.resolve({
        length: 0,
        add: (facts) =>
          Promise.resolve({
            ...{ node, firstVersion: 1, lastVersion: facts.length },
            ...{ offset: 1, length: 1, sha256: '' },
          }),
        finish: () => Promise.resolve({ name: 'one.avro', headerLength: 1, length: 2, sha256: '' }),
        abandon: () => Promise.resolve(),
      }),
    read: () => Promise.reject(new Error('nobody reads')),
    look: () => Promise.resolve(),
    check: () => Promise.resolve(),
  };
  await keepArchiving({
    clock,
    randomness: new TestRandomness(),
    log: silentLog,
    signal: over.signal,
    workload: new Workload(),
    archive,
    duty,
    files,
    owner: 'tested',
    afterMs: hourMs,
    everyMs: hourMs,
    metrics: {
      archiveRun: (result) => {
        told.push(`${result} at ${looks}`);
      },
    },
  });
  expect((await archive.files()).length).toBe(failsUntil < hours ? 1 : 0);
  return told;
}

it('archives once a day, however often it looks', async () => {
  expect(await lookedAt(50, 0)).toEqual(['done at 0', 'done at 24', 'done at 48']);
});

it('given the folder is away, then it tries at each look, and goes on when it is back', async () => {
  expect(await lookedAt(5, 2)).toEqual(['failed at 0', 'failed at 1', 'done at 2']);
});
