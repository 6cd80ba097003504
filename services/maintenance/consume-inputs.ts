import type { Clock } from '../../adapters/ports/clock.js';
import type { Batch, EventLog, LogRecord, Subscription } from '../../adapters/ports/event-log.js';
import type { Log } from '../../adapters/ports/log.js';
import type { AdvanceRequest, AdvanceResult, Journal, NewOutboxEntry } from '../../adapters/ports/journal.js';
import type { MaintenanceMetrics } from '../../adapters/ports/metrics.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type { Input } from '../../domain/signal.js';
import { deadLetterTopic, inputTopics } from '../../schemas/catalog.js';
import { beginningOf, latestAppend } from '../beginning.js';
import { decidingBy } from './decide/decide.js';
import type { Rules } from './decide/draft.js';
import { deadLetterEntry } from './read/dead-letter.js';
import { decodeRecord, type DecodeOptions } from './read/decode-record.js';

export interface MaintenanceOptions {
  readonly eventLog: EventLog;
  readonly journal: Journal;
  readonly schemaIds: SchemaIds;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: Rules;
  /** Consumer group; also the name under which offsets are kept in the journal. */
  readonly group: string;
  readonly maxBatchRecords: number;
  /** Reports read later than this after they were appended are observed before anything is done. */
  readonly lateAfterMs: number;
  readonly onAdvanced?: (result: AdvanceResult, batch: Batch) => void;
  readonly metrics?: MaintenanceMetrics;
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

function deadLetterAt(
  { records }: Batch,
  letter: { readonly offset: bigint; readonly reason: string; readonly at: number },
): NewOutboxEntry {
  const record = records.find(({ offset }) => offset === letter.offset);
  if (record === undefined) throw new RangeError(`offset ${letter.offset} is not in the batch`);
  return deadLetterEntry(record, letter);
}

/** What went wrong without stopping anything must not go unseen. */
function tellTrouble(log: Log, { topic, partition }: Batch, { parked, deadLettered }: AdvanceResult): void {
  if (parked > 0) {
    log.error(
      { topic, partition, parked },
      'inputs could not be decided: their nodes are parked, see `faultline get nodes` and `describe node`; they are tried again by themselves, or by `order retry CLUSTER/NODE`',
    );
  }
  if (deadLettered > 0) {
    log.error(
      { topic, partition, deadLettered, deadLetters: deadLetterTopic(topic) },
      'inputs could not even be stored: each is in the dead letters with the reason; report it with the record',
    );
  }
}

function measure(
  { metrics, clock }: MaintenanceOptions,
  { topic, records }: Batch,
  { result, undecodable }: { readonly result: AdvanceResult; readonly undecodable: number },
): void {
  const [oldest] = records;
  if (metrics === undefined || oldest === undefined) return;
  metrics.inputsAdvanced(topic, result, clock.now() - clock.fromLogTime(oldest.appendedAt));
  if (undecodable > 0) metrics.recordsUndecodable(topic, undecodable);
}

/**
 * Reads everything that can change a process and has it decided, one transaction per batch. Any number of copies may
 * run: the log shares the partitions out, and the journal's fence makes a copy that no longer owns one harmless.
 */
export function consumeInputs(options: MaintenanceOptions): Subscription {
  const { eventLog, journal, group, clock } = options;
  const deciding = decidingBy(options.rules);
  return eventLog.consume({
    group,
    topics: inputTopics,
    maxBatchRecords: options.maxBatchRecords,
    startAt: (assigned) => beginningOf(journal, group, assigned),
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
        decide: deciding.decide,
        admit: deciding.admit,
        park: deciding.park,
        unpark: deciding.unpark,
        inputs: decoded.inputs,
        deadLetters: decoded.deadLetters,
        group,
        topic,
        partition,
        logId,
        nextOffset: last.offset + 1n,
        appendedAt: latestAppend(records),
        deadLetter: (offset, reason) => deadLetterAt(batch, { offset, reason, at: clock.now() }),
      };
      const result = await journal.advance(request);
      tellTrouble(options.log, batch, result);
      measure(options, batch, { result, undecodable: decoded.deadLetters.length });
      options.onAdvanced?.(result, batch);
    },
  });
}
