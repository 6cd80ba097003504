import { describe, expect, it } from 'vitest';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import { defaultOptions, TestClock, type Harness } from './harness.js';
import { journalSuites } from './journal-suites.js';

const harness: Harness = {
  installation: () => {
    const clock = new TestClock();
    const defaults = defaultOptions(clock);
    const store = createMemoryStore(defaults);
    const copies: (OpenJournal & OpenWebhooks)[] = [];
    return Promise.resolve({
      clock,
      // eslint-disable-next-line @typescript-eslint/require-await -- a refusal rejects, as it does on PostgreSQL
      open: async (options) => {
        const copy = createMemoryJournal({ ...defaults, ...options }, store);
        copies.push(copy);
        return copy;
      },
      close: async () => {
        await Promise.all(copies.map((copy) => copy.close()));
      },
    });
  },
};

describe('the journal in memory', () => {
  journalSuites(harness, { archive: 60, fence: 60, madeAgain: 100, repeats: 200 });

  it('gives no entries to a sender that lost its partition until it acquired it again', async () => {
    const copy = await (await harness.installation()).open();
    await copy.outbox.acquire(0);
    await copy.close();
    await expect(copy.outbox.unsent([0], 1)).rejects.toBeInstanceOf(JournalUnavailable);
    await copy.outbox.acquire(0);
    expect(await copy.outbox.unsent([0], 1)).toEqual([]);
  });
});
