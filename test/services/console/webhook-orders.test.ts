import { beforeEach, describe, expect, it } from 'vitest';

import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import { topicsOf } from '../../../schemas/catalog.js';
import { orderWebhook, type WebhookSource } from '../../../services/console/webhook-orders.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { fates } from '../published-fates.js';
import { fault } from '../published-fault.js';

const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00.000Z');
const topic = 'fault.report-fates';
const ofFacts = 'fault.hardware';
let log: MemoryEventLog;
let source: WebhookSource;
let now: number;

beforeEach(async () => {
  now = start;
  const clock = {
    now: () => now,
    fromLogTime: (wallMs: number) => wallMs,
    waitUntil: () => Promise.resolve(),
  };
  log = new MemoryEventLog({ clock });
  await log.ensureTopics(topicsOf(3));
  const options = defaultOptions(new TestClock());
  const journal = createMemoryJournal(options, createMemoryStore(options));
  await journal.webhooks.enrol(['s']);
  source = {
    desk: journal.webhookDesk,
    eventLog: log,
    topicsOf: () => [topic, ofFacts],
    now: () => now,
    newId: () => 'again',
  };
});

/** One event of a node an hour, from the start on; returns the partition that they are in. */
async function publishHourly(node: string, count: number, to = topic): Promise<number> {
  for (let version = 1; version <= count; version += 1) {
    now = start + (version - 1) * hour;
    await log.append([to === topic ? await fates([node]) : await fault(node, version)]);
  }
  now = start + count * hour;
  return (await log.bounds(to)).find(({ high }) => high === BigInt(count))?.partition ?? 0;
}

const replay = (since: string, more: object = {}) =>
  orderWebhook(source, 'replay', { name: 's', order: { since, ...more }, subject: 'anna' });

/** Times are found up to a second. */
function expectAbout(text: string | undefined, at: number): void {
  expect(Math.abs(Date.parse(text ?? '') - at)).toBeLessThanOrEqual(1_000);
}

describe('a replay to a subscriber by webhook', () => {
  it('from the beginning says when that was, and not 1970', async () => {
    await publishHourly('a/n1', 3);
    const receipt = await replay('beginning');
    expectAbout(receipt.since, start);
    expect(receipt).toMatchObject({ fromJournal: [], forgotten: [] });
    expect((await source.desk.state('s'))?.replay?.id).toBe('again');
  });

  it('from a time that the log still has is as was asked', async () => {
    await publishHourly('a/n1', 3);
    const asked = new Date(start + 1.5 * hour).toISOString();
    expect(await replay(asked)).toMatchObject({ since: asked, forgotten: [] });
  });

  it('past what the log still has says from when on it is, and what was forgotten before when', async () => {
    const partition = await publishHourly('a/n1', 4);
    log.trim(topic, partition, 2n);
    const receipt = await replay(new Date(start + hour).toISOString(), { dryRun: true });
    expectAbout(receipt.since, start + 2 * hour);
    expect(receipt.forgotten).toMatchObject([{ topic }]);
    expectAbout(receipt.forgotten?.[0]?.before, start + 2 * hour);
    expect((await source.desk.state('s'))?.replay).toBeUndefined();
  });

  it('where the log has nothing left at all is from now on', async () => {
    const partition = await publishHourly('a/n1', 2);
    log.trim(topic, partition, 2n);
    const receipt = await replay('beginning');
    expectAbout(receipt.since, now);
    expect(receipt.forgotten).toMatchObject([{ topic }]);
    expectAbout(receipt.forgotten?.[0]?.before, now);
  });

  it('past what the log has of facts is as was asked, and says what the journal tells', async () => {
    const partition = await publishHourly('a/n1', 4, ofFacts);
    log.trim(ofFacts, partition, 2n);
    const asked = new Date(start + hour).toISOString();
    expect(await replay(asked)).toMatchObject({ since: asked, fromJournal: [ofFacts], forgotten: [] });
    expect((await source.desk.state('s'))?.replay).toEqual({ id: 'again', since: start + hour });
  });

  it('from the beginning, which the log has forgotten, is from the beginning of the journal; of other topics some is gone', async () => {
    log.trim(ofFacts, await publishHourly('a/n1', 2, ofFacts), 1n);
    log.trim(topic, await publishHourly('a/n1', 4), 2n);
    const receipt = await replay('beginning');
    expect(receipt.since).toBeUndefined();
    expect(receipt.fromJournal).toEqual([ofFacts]);
    expect(receipt.forgotten).toMatchObject([{ topic }]);
    expect((await source.desk.state('s'))?.replay).toEqual({ id: 'again', since: 0 });
  });

  it('from a time that is yet to come is refused', async () => {
    const asked = new Date(now + hour).toISOString();
    await expect(replay(asked)).rejects.toMatchObject({
      code: 'BadRequest',
      message: `since: ${asked} is ahead of 2026-01-01T00:00:00.000Z, which is now`,
    });
    expect((await source.desk.state('s'))?.replay).toBeUndefined();
  });
});
