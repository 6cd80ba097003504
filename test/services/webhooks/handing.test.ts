import { expect, it } from 'vitest';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { KeptEvent } from '../../../adapters/ports/webhooks.js';
import { filterOf } from '../../../services/event-filter.js';
import { Handing } from '../../../services/webhooks/handing.js';
import { defaultOptions, TestClock, TestRandomness } from '../../contract/journal/harness.js';
import { silentLog } from '../silent-log.js';
import { answered, type Received } from './delivery-site.js';

/** Its time stands; whoever waits for some waits until the end. */
const standing: Clock = {
  now: () => 0,
  waitUntil: (_instant, signal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        resolve();
      });
    }),
  fromLogTime: (wallMs) => wallMs,
};

function waiting(number: number, more: Partial<KeptEvent> = {}): KeptEvent {
  return {
    id: String(number),
    ...{ topic: 'maintenance.events', node: 'a/n1', eventId: `e${number}`, json: '{}', appendedAt: 0 },
    ...{ state: 'waiting', firstTriedAt: 0, tries: 1, dueAt: 0, reason: 'status 500' },
    ...more,
  };
}

it('given a node whose events wait, when the first is taken at last, then the rest follow on its heels: each waited half a second for the next look, and a node that said more than two a second never caught up', async () => {
  const over = new AbortController();
  const taken: string[] = [];
  const endpoint = {
    post: (headers: Received['headers']) => {
      taken.push(headers['webhook-id'] ?? '');
      return Promise.resolve(answered(204));
    },
    close: () => Promise.resolve(),
  };
  const options = defaultOptions(new TestClock());
  const handing = new Handing(
    {
      ...{ clock: standing, randomness: new TestRandomness(), log: silentLog },
      book: createMemoryJournal(options, createMemoryStore(options)).webhooks,
    },
    {
      subscriber: {
        ...{ name: 's', filter: filterOf({}), secrets: [Buffer.alloc(32, 's')], from: 'beginning' },
        ...{ concurrency: 4, retryForMs: 3_600_000 },
      },
      waiting: [1, 2, 3, 4, 5].map((number) => waiting(number, number === 5 ? { dueAt: 1 } : {})),
      endpoint,
      over,
    },
  );
  const retrying = handing.retryUntilOver();
  await expect.poll(() => taken).toEqual(['e1', 'e2', 'e3', 'e4']);
  over.abort();
  await retrying;
  await handing.settled();
  expect(taken).toEqual(['e1', 'e2', 'e3', 'e4']);
});
