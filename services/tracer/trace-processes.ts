import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { AssignedPartition, EventLog, LogRecord, Subscription } from '../../adapters/ports/event-log.js';
import type { History } from '../../adapters/ports/journal.js';
import type { Log } from '../../adapters/ports/log.js';
import type { TracerMetrics } from '../../adapters/ports/metrics.js';
import type { Positions } from '../../adapters/ports/positions.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { SpansRefused, type Span, type SpanExporter } from '../../adapters/ports/spans.js';
import { parseEventId, type EventNumber } from '../../domain/event-number.js';
import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import { topicsOfEvent } from '../../schemas/catalog.js';
import { replayHeader } from '../../schemas/cloud-events.js';
import { decodeEvent } from '../../schemas/codec.js';
import { EventUndecodable } from '../../schemas/undecodable.js';
import { onceJournalAnswers } from '../beginning.js';
import { insist } from '../insist.js';
import { openRecord } from '../open-record.js';
import { readStory } from './read-story.js';
import { endsSpans, spansEnded } from './spans-of-process.js';

export interface TracerOptions {
  readonly eventLog: EventLog;
  readonly history: Pick<History, 'facts'>;
  readonly positions: Positions;
  readonly schemaIds: SchemaIds;
  readonly exporter: SpanExporter;
  readonly group: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics: TracerMetrics;
}

interface Ending {
  readonly node: NodeKey;
  readonly processId: ProcessId;
  readonly ending: EventNumber;
}

const mostRecords = 200;

/**
 * Tells a tracing tool of maintenance processes, each span when it is over: what happened is read from the journal, so
 * that a copy that was just started tells as much as one that was there all the time. At least once; the ids of spans follow
 * from what happened, so that twice is the same. A collector that is away holds up nothing but this.
 */
export function traceProcesses(options: TracerOptions): Subscription {
  const { eventLog, positions, group } = options;
  return eventLog.consume({
    group,
    topics: topicsOfEvent('ProcessEvent'),
    maxBatchRecords: mostRecords,
    startAt: (assigned) => beginning(options, assigned),
    onBatch: async ({ topic, partition, logId, records }) => {
      const spans: Span[] = [];
      for (const record of records) {
        const ending = await endingIn(record, options.schemaIds);
        if (ending !== undefined) spans.push(...spansEnded(await readStory(options.history, ending)));
      }
      if (!(await exported(options, spans))) return;
      const last = records.at(-1);
      if (last !== undefined) {
        await positions.keep(group, { topic, partition, logId, nextOffset: last.offset + 1n });
      }
    },
  });
}

/** Nobody wants the traces of what was over before tracing was begun; of what was missed the log keeps what it keeps. */
function beginning(
  { positions, group }: Pick<TracerOptions, 'positions' | 'group'>,
  assigned: AssignedPartition,
): Promise<bigint> {
  return onceJournalAnswers(async () => {
    const known = await positions.positionOf(group, assigned);
    if (known !== undefined && known <= assigned.high) return known < assigned.low ? assigned.low : known;
    await positions.keep(group, { ...assigned, nextOffset: assigned.high });
    return assigned.high;
  });
}

/** What this record says is over; undefined: nothing. Rejects when its writer's schema can't be asked for. */
async function endingIn(record: LogRecord, schemaIds: SchemaIds): Promise<Ending | undefined> {
  if (record.headers[replayHeader] !== undefined) return undefined;
  try {
    const { body, writer } = await openRecord(record, schemaIds);
    const { type, processId } = decodeEvent('ProcessEvent', body, writer);
    const node = record.key as NodeKey;
    const ending = parseEventId(node, record.headers['ce_id'] ?? '');
    if (processId === null || ending === undefined || !endsSpans({ type })) return undefined;
    return { node, processId: processId as ProcessId, ending };
  } catch (error) {
    // Dead letters are for those who decide by a record.
    if (error instanceof EventUndecodable) return undefined;
    throw error;
  }
}

/** False: stopped before. What the collector will never take is told, and left out. */
async function exported(options: TracerOptions, spans: readonly Span[]): Promise<boolean> {
  if (spans.length === 0) return true;
  const { exporter, metrics, log } = options;
  return insist(options, 'traces', async () => {
    try {
      await exporter.export(spans);
      metrics.spansExported(spans.length);
    } catch (error) {
      if (!(error instanceof SpansRefused)) throw error;
      metrics.spansRefused(spans.length);
      log.error({ error, spans: spans.length }, 'the collector refuses these traces: they are left out');
    }
  });
}
