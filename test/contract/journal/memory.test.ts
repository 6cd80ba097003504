import { describe, expect, it } from 'vitest';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import { advanceSuite } from './advance-suite.js';
import { archiveSuite } from './archive-suite.js';
import { budgetsSuite } from './budgets-suite.js';
import { changesSuite } from './changes-suite.js';
import { commandsSuite } from './commands-suite.js';
import { guardHistorySuite } from './guard-history-suite.js';
import { guardPoliciesSuite } from './guard-policies-suite.js';
import { guardSuite } from './guard-suite.js';
import { linesSuite } from './lines-suite.js';
import { deadLettersSuite } from './dead-letters-suite.js';
import { defaultOptions, TestClock, type Harness } from './harness.js';
import { lostInputSuite } from './lost-input-suite.js';
import { fenceSuite } from './fence-suite.js';
import { forgottenSuite } from './forgotten-suite.js';
import { madeAgainSuite } from './made-again-suite.js';
import { nodeStatesSuite } from './node-states-suite.js';
import { parkingSuite } from './parking-suite.js';
import { positionsSuite } from './positions-suite.js';
import { repeatsSuite } from './repeats-suite.js';
import { sendingSuite } from './sending-suite.js';
import { webhooksSuite } from './webhooks-suite.js';

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
  advanceSuite(() => harness);
  archiveSuite(() => harness, 60);
  commandsSuite(() => harness);
  budgetsSuite(() => harness);
  linesSuite(() => harness);
  guardSuite(() => harness);
  guardPoliciesSuite(() => harness);
  guardHistorySuite(() => harness);
  changesSuite(() => harness);
  deadLettersSuite(() => harness);
  lostInputSuite(() => harness);
  fenceSuite(() => harness, 60);
  forgottenSuite(() => harness);
  madeAgainSuite(() => harness, 100);
  nodeStatesSuite(() => harness);
  parkingSuite(() => harness);
  positionsSuite(() => harness);
  repeatsSuite(() => harness, 200);
  sendingSuite(() => harness);
  webhooksSuite(() => harness);

  it('gives no entries to a sender that lost its partition until it acquired it again', async () => {
    const copy = await (await harness.installation()).open();
    await copy.outbox.acquire(0);
    await copy.close();
    await expect(copy.outbox.unsent([0], 1)).rejects.toBeInstanceOf(JournalUnavailable);
    await copy.outbox.acquire(0);
    expect(await copy.outbox.unsent([0], 1)).toEqual([]);
  });
});
