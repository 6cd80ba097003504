import { describe, expect, it } from 'vitest';
import { MemoryHistory } from '../../adapters/memory/journal/history.js';
import type { LogRecord } from '../../adapters/ports/event-log.js';
import { topicsOfEvent } from '../../schemas/catalog.js';
import { unframe } from '../../schemas/wire-format.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import type { Built } from '../../simulation/schedules/build.js';
import { playSeed } from '../../simulation/schedules/try-seeds.js';
import { madeAgain, shownEvent } from '../made-again.js';

const topics = (['ProcessEvent', 'FaultChanged', 'MigrationRequested', 'ProcessEnded'] as const).flatMap(
  topicsOfEvent,
);

async function recordsOf({ installation: { log } }: Built): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  for (const topic of topics)
    for (const { partition, low, high } of await log.bounds(topic))
      for await (const record of log.read(topic, partition, low, high)) found.push(record);
  return found;
}

function shownRecord({ topic, key = '', value, headers }: LogRecord): string {
  return shownEvent({ topic, key, headers, body: value === undefined ? undefined : unframe(value)?.body });
}

/** Plays the schedule of a seed, and compares what the log holds with what the journal makes again. */
async function comparedAfter(seed: number) {
  const sites: Built[] = [];
  const { result } = await withoutRealTime(() => playSeed(seed, { onBuilt: (built) => sites.push(built) }));
  const [built] = sites;
  if (built === undefined) throw new TypeError('nothing was built');
  const { installation: stored } = built.installation.store;
  const source = `/faultline/${stored.id}/maintenance`;
  // Another journal's events are not in this one.
  const records = (await recordsOf(built)).filter(
    ({ headers }) =>
      headers['ce_source'] === source &&
      (headers['ce_sequence'] ?? '') >= String(stored.epoch).padStart(6, '0'),
  );
  const again = await madeAgain(new MemoryHistory(built.installation.store), source);
  return { result, published: new Set(records.map(shownRecord)), again: new Set(again) };
}

describe('what copies of every part published while they were killed, cut off and parked', () => {
  it.each([1, 2, 3, 5, 8, 13, 21, 34])(
    'is made again from the journal: every event, and no other (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const { result, published, again } = await comparedAfter(seed);
      expect(result.violation).toBeUndefined();
      expect([...again].filter((event) => !published.has(event))).toEqual([]);
      expect([...published].filter((event) => !again.has(event))).toEqual([]);
      expect(again.size).toBeGreaterThan(0);
    },
  );
});
