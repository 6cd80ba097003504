import { openPostgresEventLog } from '../../../adapters/postgres/event-log/event-log.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { ArchiveFiles } from '../../../adapters/ports/archive.js';
import type { WebhookDeliveries } from '../../../adapters/ports/webhooks.js';
import type { NewRecord } from '../../../adapters/ports/event-log.js';
import type { CauseId, PauseId } from '../../../domain/identifiers.js';
import { changeNamed } from './changes-suite.js';
import { archiveFacts } from '../../../services/maintenance/archive/archive-facts.js';
import {
  batch,
  commandOf,
  ending,
  nodeNamed,
  type noteMessage,
  report,
  resultOf,
  starting,
  timerOf,
  budgetOf,
} from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';

/** An id as intake gives it. */
const fromIntake = '019a0000-0000-7000-8000-000000000001' as CauseId;

export const filled = ['n1', 'n2', 'n3', 'n4'].map(nodeNamed);

/**
 * Writes rows into every table of the journal that holds more than a moment: processes at work and ended, commands
 * attempted, settled and waiting, timers, permits, a parked node with what waits, lost input; and records, and archived
 * facts of the last node, if asked.
 */
export async function fillJournal(
  connectionString: string,
  { records = [], files }: { readonly records?: readonly NewRecord[]; readonly files?: ArchiveFiles } = {},
): Promise<void> {
  const clock = new TestClock();
  const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString });
  const [n1, n2, n3, n4] = filled as [
    (typeof filled)[0],
    (typeof filled)[0],
    (typeof filled)[0],
    (typeof filled)[0],
  ];
  const [look, off, isolate] = [
    commandOf(n1, 1),
    commandOf(n1, 2, 'powerOff'),
    commandOf(n2, 1, 'isolateNode'),
  ];
  try {
    const begins = starting([look, off, isolate], [timerOf(n1, 'verify-check', 9_000_000)]);
    const nul = { ...report(n4), message: 'half \ud800 and nothing \0' };
    await copy.journal.advance(batch([report(n1), report(n2), nul], { decide: begins }));
    const budgets = [budgetOf('isolate/in-flight/a', 5, 'returned')];
    await copy.commands.claim(isolate.id, { by: 'me', now: clock.now(), leaseMs: 50, budgets });
    await copy.commands.claim(look.id, { by: 'me', now: clock.now(), leaseMs: 50, budgets: [] });
    await copy.commands.settle(resultOf(look), clock.now());
    await copy.journal.advance(batch([report(n4)], { decide: ending }));
    const broken: typeof noteMessage = () => {
      throw new Error('can not be decided');
    };
    await copy.journal.advance(batch([report(n3), report(n3), report(n3, 'other')], { decide: broken }));
    await copy.journal.advance(batch([report(n4, 'repeat'), report(n4, 'repeat', fromIntake)]));
    const assigned = { topic: 'migration.replies', partition: 1, logId: 'log-1', low: 0n, high: 50n };
    await copy.journal.startAt('maintenance', assigned);
    await copy.journal.startAt('maintenance', { ...assigned, low: 7n });
    await copy.upkeep.startLogEpoch({ subject: 'anna', reason: 'Kafka was rebuilt' });
    await copy.journal.startAt('maintenance', assigned);
    const member = { node: n1, pool: 'p', zone: 'z', labels: {}, unavailable: true, controlPlane: false };
    await copy.inventory.replace('a', [member, { ...member, node: n2, unavailable: false }], clock.now());
    await copy.outbox.markSent(await copy.outbox.unsent([0], 3), clock.now());
    const letter = { logId: 'log-1', topic: 'maintenance.signals.dlt', partition: 0, offset: 3n };
    const decision = {
      handled: 'dropped',
      at: clock.now(),
      subject: 'anna',
      reason: 'a stranger wrote it',
    } as const;
    await copy.deadLetters.handle([{ place: letter }], decision);
    await fillWebhooks(copy.webhooks);
    const begun = { by: 'anna', reason: 'half \ud800', at: clock.now() };
    await copy.guardBook.begin({ id: 'z-1' as PauseId, key: 'z-1', where: { clusters: ['a'] }, begun });
    await copy.guardBook.judge({ metric: 'starts', says: 'bad', at: clock.now(), reason: 'half \ud800' });
    await copy.changeBook.keep(changeNamed('n9'), 0);
    await copy.guardPolicies.record({
      version: 'one',
      policy: '{"labels":[]}',
      at: clock.now(),
      by: 'pod-1',
    });
    if (files !== undefined)
      await archiveFacts({
        archive: copy.archive,
        duty: copy.archiving,
        files,
        owner: 'tested',
        now: () => 2_000_000,
        afterMs: 0,
      });
  } finally {
    await copy.close();
  }
  if (records.length > 0) await fillLog(connectionString, clock, records);
}

async function fillWebhooks(webhooks: WebhookDeliveries): Promise<void> {
  const place = { topic: 'fault.hardware', partition: 1, logId: 'log-1' };
  await webhooks.enrol(['capacity']);
  await webhooks.begin('capacity', { ...place, nextOffset: 3n });
  const event = {
    topic: place.topic,
    place: { logId: place.logId, partition: place.partition, offset: 3n },
    node: 'a/n1',
    eventId: 'a/n1@1.1/FaultChanged',
    json: '{}',
    appendedAt: 1,
  };
  const tried = { state: 'waiting', firstTriedAt: 1, tries: 1, dueAt: 2, reason: 'half \ud800' } as const;
  await webhooks.advance('capacity', { ...place, nextOffset: 4n }, [{ ...event, ...tried }]);
  await webhooks.beginReplay('capacity', [], { id: 'again', since: 0, until: 5 });
  const { place: _inLog, ...madeAgain } = event;
  const next = { node: nodeNamed('n1'), version: 2 };
  await webhooks.advanceJournalReplay('capacity', { id: 'again', next }, [{ ...madeAgain, ...tried }]);
}

async function fillLog(
  connectionString: string,
  clock: TestClock,
  records: readonly NewRecord[],
): Promise<void> {
  const log = await openPostgresEventLog({ connectionString, clock });
  try {
    const topics = [...new Set(records.map(({ topic }) => topic))];
    await log.ensureTopics(
      topics.map((topic) => ({ topic, partitions: 4, retentionMs: -1, compacted: false })),
    );
    await log.append(records);
  } finally {
    await log.close();
  }
}
