import type { DeadLetterPlace } from '../../ports/dead-letters.js';
import type {
  CommandFigure,
  DecidedUpTo,
  FigureReader,
  JournalFigures,
  ProcessFigure,
} from '../../ports/figures.js';
import { JournalUnavailable } from '../../ports/journal.js';
import { connectionSettings, Database } from '../journal/database.js';
import {
  archivedStatement,
  commandStatement,
  decidedStatement,
  handledStatement,
  installationStatement,
  inventoryStatement,
  outboxStatement,
  parkedStatement,
  pauseStatement,
  permitStatement,
  processStatement,
} from './statements.js';

const statementTimeoutMs = 5_000;

/** Opens at the first read: one connection of its own, so that counting never takes one from who decides. */
export function openPostgresFigures(connectionString: string): FigureReader {
  const settings = connectionSettings({
    connectionString,
    name: 'figures',
    session: ['role=faultline_reader'],
  });
  const database = new Database({ ...settings, statement_timeout: statementTimeoutMs }, 1);
  return { read: () => readFigures(database), close: () => database.close() };
}

async function readFigures(database: Database): Promise<JournalFigures> {
  const all = async <Row>(text: string): Promise<readonly Row[]> =>
    (await database.query<Record<string, unknown>>({ text })) as readonly Row[];
  const [installation] =
    await all<Pick<JournalFigures, 'epoch' | 'logEpoch' | 'paused'>>(installationStatement);
  if (installation === undefined) throw new JournalUnavailable('the journal has no installation yet');
  const [outbox] = await all<{ unsent: number; oldestAt: string | null }>(outboxStatement);
  const oldestAt = Date.parse(outbox?.oldestAt ?? '');
  const decided = await all<Omit<DecidedUpTo, 'nextOffset'> & { nextOffset: string }>(decidedStatement);
  const handled = await all<Omit<DeadLetterPlace, 'offset'> & { offset: string }>(handledStatement);
  const [archived] = await all<{ facts: number; finishedAt: number | null }>(archivedStatement);
  const { facts = 0, finishedAt = null } = archived ?? {};
  return {
    ...installation,
    processes: await all<ProcessFigure>(processStatement),
    parked: await all<JournalFigures['parked'][number]>(parkedStatement),
    commands: await all<CommandFigure>(commandStatement),
    permits: await all<JournalFigures['permits'][number]>(permitStatement),
    pauses: await all<JournalFigures['pauses'][number]>(pauseStatement),
    inventories: await all<JournalFigures['inventories'][number]>(inventoryStatement),
    outbox: { unsent: outbox?.unsent ?? 0, ...(Number.isNaN(oldestAt) ? {} : { oldestAt }) },
    archived: { facts, ...(finishedAt === null ? {} : { finishedAt }) },
    handledDeadLetters: handled.map((row) => ({ ...row, offset: BigInt(row.offset) })),
    decided: decided.map((row) => ({ ...row, nextOffset: BigInt(row.nextOffset) })),
  };
}
