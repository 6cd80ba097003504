import { afterEach, beforeEach, expect, it } from 'vitest';

import { systemClock } from '../../../../adapters/clock/system-clock.js';
import { MemoryEventLog } from '../../../../adapters/memory/event-log.js';
import { bundledSchemaIds } from '../../../../adapters/schema-registry/bundled.js';
import { topicsOf } from '../../../../schemas/catalog.js';
import { catchUp } from '../../../../services/console/events/catch-up.js';
import { filterOf } from '../../../../services/event-filter.js';
import { fault, idOf } from '../../published-fault.js';

const topic = 'fault.hardware';
let log: MemoryEventLog;
beforeEach(async () => {
  log = new MemoryEventLog({ clock: systemClock, retryDelayMs: 5 });
  await log.ensureTopics(topicsOf(1));
});
afterEach(() => log.close());

it('gives a long past in pieces, so that a slow subscriber makes little wait, and all of it in order', async () => {
  const reason = 'x'.repeat(1_000);
  const versions = Array.from({ length: 400 }, (_, index) => index + 1);
  for (const version of versions) await log.append([await fault('a/n1', version, { reason })]);
  const pieces: (readonly [string, number])[] = [];
  const target = { offsets: new Map([[`${topic}/0`, 400n]]), safeSince: 0, isGood: () => true };
  await catchUp(
    { eventLog: log, schemaIds: bundledSchemaIds(), clock: systemClock, ringBytes: 0 },
    {
      filter: filterOf({ topic: [topic] }),
      from: new Map([[topic, { since: 0, offsets: new Map([[0, 0n]]) }]]),
      target: () => target,
      deliver: (text, events) => Promise.resolve(void pieces.push([text, events])),
      signal: new AbortController().signal,
    },
  );
  const ids = pieces.flatMap(([text]) => [...text.matchAll(/^id: ([^;]+);/gm)].map(([, id]) => id));
  expect(ids).toEqual(versions.map((version) => idOf('a/n1', version)));
  expect(pieces.reduce((sum, [, events]) => sum + events, 0)).toBe(400);
  // The last event of a piece may reach over the end.
  expect(Math.max(...pieces.map(([text]) => text.length))).toBeLessThan(65_536 + 2_500);
});
