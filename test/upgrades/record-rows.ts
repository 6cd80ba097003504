import pg from 'pg';
import { openPostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import { writeBackup } from '../../adapters/postgres/backup/write-backup.js';
import type { OpenJournal } from '../../adapters/journal/options.js';
import type { Decide } from '../../domain/decision.js';
import type { CauseId, NodeKey } from '../../domain/identifiers.js';
import { replay } from '../../domain/evolve.js';
import { topicsOf } from '../../schemas/catalog.js';
import { decidingBy } from '../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import { batch } from '../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../contract/journal/harness.js';
import { startTestServer } from '../contract/journal/postgres-server.js';
import type { GoldenEvent } from './golden-event.js';
import type { GoldenStep } from './golden-history.js';
import { schemaListing } from './schema-listing.js';
import type { RecordedHistory } from './record-histories.js';

export interface RecordedRows {
  /** Lines of a backup of the whole installation. */
  readonly backup: readonly string[];
  /** See schema-listing.ts. */
  readonly schema: readonly string[];
}

/** The longest history of each node: their process ids differ, so that they fit into one journal. */
function longestOfEachNode(histories: readonly RecordedHistory[]): readonly RecordedHistory[] {
  const longest = new Map<NodeKey, RecordedHistory>();
  for (const history of histories) {
    if (history.steps.length > (longest.get(history.node)?.steps.length ?? 0))
      longest.set(history.node, history);
  }
  return [...longest.values()];
}

/** Up to where a process is in the middle of something. */
function untilMidway({ node, steps }: RecordedHistory): readonly GoldenStep[] {
  const through = steps.findLastIndex((_step, index) => {
    const facts = steps.slice(0, index + 1).flatMap((step) => step.facts);
    const { process } = replay(node, facts);
    return process !== undefined && process.context.open.length > 0 && process.context.isolated;
  });
  return steps.slice(0, through + 1);
}

/** Writes what the histories tell into real tables, half of them only until midway, and reads the tables out. */
export async function recordRows(
  histories: readonly RecordedHistory[],
  events: readonly GoldenEvent[],
  version: string,
): Promise<RecordedRows> {
  const server = await startTestServer();
  try {
    const connectionString = await server.createEmptyDatabase();
    const clock = new TestClock();
    const log = await openPostgresEventLog({ connectionString, clock });
    await log.ensureTopics(topicsOf(4));
    await log.append(
      events.map(({ topic, key, headers, value }) => ({
        topic,
        key,
        headers,
        value: Buffer.from(value, 'base64'),
      })),
    );
    await log.close();
    const writer = createOutboxWriter({ source: '/faultline/released/maintenance', epoch: 1 });
    const journal = await openPostgresJournal({ ...defaultOptions(clock), writer, connectionString });
    await fill(journal, longestOfEachNode(histories), clock);
    await journal.close();
    const backup: string[] = [];
    for await (const line of writeBackup({ connectionString, version, takenAt: clock.now() }))
      backup.push(line);
    const client = new pg.Client({ connectionString });
    await client.connect();
    const schema = await schemaListing(client);
    await client.end();
    return { backup, schema };
  } finally {
    await server.stop();
  }
}

async function fill(
  journal: OpenJournal,
  histories: readonly RecordedHistory[],
  clock: TestClock,
): Promise<void> {
  for (const [index, history] of histories.entries()) {
    const steps = index % 2 === 0 ? untilMidway(history) : history.steps;
    const decisions = new Map<CauseId, GoldenStep>(steps.map((step) => [step.input.causeId, step]));
    const decide: Decide = (state, input) => {
      const step = decisions.get(input.causeId);
      if (step === undefined) throw new TypeError(`${history.name} holds no decision about this`);
      const causedBy = step.facts.map(({ causeId }) => causeId);
      return { ...step, causedBy, state: replay(state.node, step.facts, state) };
    };
    const rules = { ...decidingBy(history.rules), decide };
    for (const { input } of steps) {
      clock.set(Math.max(clock.now(), input.at));
      await journal.journal.advance(batch([input], rules));
    }
  }
  const [first, second] = await journal.commands.claimable(clock.now(), 2);
  if (first === undefined || second === undefined) throw new TypeError('too few commands are open');
  const claim = { by: 'released', now: clock.now(), leaseMs: 60_000 };
  const counter = 'isolate/in-flight/sim';
  const budget = {
    ...{ counter, line: counter, operation: 'isolate' as const },
    ...{ cap: 9, until: 'returned' as const },
  };
  await journal.commands.claim(first.command.id, { ...claim, budgets: [budget] });
  await journal.commands.postpone(second.command.id, { until: clock.now() + 60_000, reason: 'BudgetFull' });
  await journal.outbox.markSent(await journal.outbox.unsent([0], 50), clock.now());
}
