import type { Clock } from '../../adapters/ports/clock.js';
import type { Batch, EventLog, LogRecord, Subscription } from '../../adapters/ports/event-log.js';
import type { AdvanceRequest, AdvanceResult, Journal, NewOutboxEntry } from '../../adapters/ports/journal.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type { Input } from '../../domain/signal.js';
import { inputTopics } from '../../schemas/catalog.js';
import { decideBy, parkBy } from './decide/decide.js';
import type { Rules } from './decide/draft.js';
import { deadLetterEntry } from './read/dead-letter.js';
import { decodeRecord, type DecodeOptions } from './read/decode-record.js';

export interface MaintenanceOptions {
  readonly eventLog: EventLog;
  readonly journal: Journal;
  readonly schemaIds: SchemaIds;
  readonly clock: Clock;
  readonly rules: Rules;
  /** Consumer group; also the name under which offsets are kept in the journal. */
  readonly group: string;
  readonly maxBatchRecords: number;
  /** Reports read later than this after they were appended are observed before anything is done. */
  readonly lateAfterMs: number;
  readonly onAdvanced?: (result: AdvanceResult, batch: Batch) => void;
}

interface DecodedBatch {
  readonly inputs: { readonly offset: bigint; readonly input: Input }[];
  readonly deadLetters: { readonly offset: bigint; readonly entry: NewOutboxEntry }[];
}

async function decodeBatch(records: readonly LogRecord[], options: DecodeOptions): Promise<DecodedBatch> {
  const decoded: DecodedBatch = { inputs: [], deadLetters: [] };
  for (const record of records) {
    const outcome = await decodeRecord(record, options);
    if (outcome.kind === 'input') decoded.inputs.push({ offset: record.offset, input: outcome.input });
    else decoded.deadLetters.push({ offset: record.offset, entry: deadLetterEntry(record, outcome) });
  }
  return decoded;
}

/**
 * Reads everything that can change a process and has it decided, one transaction per batch. Any number of copies may
 * run: the log shares the partitions out, and the journal's fence makes a copy that no longer owns one harmless.
 */
export function consumeInputs(options: MaintenanceOptions): Subscription {
  const { eventLog, journal, group, clock } = options;
  const decide = decideBy(options.rules);
  const park = parkBy(options.rules);
  return eventLog.consume({
    group,
    topics: inputTopics,
    maxBatchRecords: options.maxBatchRecords,
    startAt: (assigned) => journal.startAt(group, assigned),
    onBatch: async (batch) => {
      const { topic, partition, logId, records } = batch;
      const last = records[records.length - 1];
      if (last === undefined) return;
      const decoded = await decodeBatch(records, {
        schemaIds: options.schemaIds,
        clock,
        lateAfterMs: options.lateAfterMs,
      });
      const request: AdvanceRequest = {
        ...decoded,
        group,
        topic,
        partition,
        logId,
        nextOffset: last.offset + 1n,
        decide,
        park,
      };
      const result = await journal.advance(request);
      options.onAdvanced?.(result, batch);
    },
  });
}
