import type { EventLog, LogRecord } from '../../../adapters/ports/event-log.js';
import type { DecidedReport } from '../../../domain/decision.js';
import { decodeEvent } from '../../../schemas/codec.js';
import type { EventPayloads } from '../../../schemas/event-payloads.js';
import { eventToOutcome, type ProcessEndedPayload } from '../../../schemas/events/process-ended.js';
import type { ProcessEventPayload } from '../../../schemas/events/process-event.js';
import { eventToDecided } from '../../../schemas/events/reports-decided.js';
import { unframe } from '../../../schemas/wire-format.js';
import type { Outcome } from '../../../domain/node-state.js';

/** What the witness reads of a record. */
export interface WitnessedRecord {
  readonly topic: string;
  readonly id: string;
  /** By name of the event. */
  readonly event: { readonly [Name in keyof EventPayloads]?: EventPayloads[Name] };
}

function eventOn(topic: string, body: Buffer): WitnessedRecord['event'] {
  if (topic === 'fault.reports') return { ReportReceived: decodeEvent('ReportReceived', body) };
  if (topic === 'fault.report-fates') return { ReportsDecided: decodeEvent('ReportsDecided', body) };
  if (topic === 'maintenance.outcomes') return { ProcessEnded: decodeEvent('ProcessEnded', body) };
  if (topic === 'maintenance.events') return { ProcessEvent: decodeEvent('ProcessEvent', body) };
  return topic.startsWith('fault.') ? { FaultChanged: decodeEvent('FaultChanged', body) } : {};
}

/** A process as subscribers saw it. */
export interface SeenProcess {
  readonly processId: string;
  readonly node: string;
  readonly startedAt: number;
  readonly leadingFault: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly endedAt?: number;
}

/**
 * An outside subscriber: reads the published topics as anyone could, and knows nothing of the journal. What is counted
 * in the end is what it heard, each event once by its id.
 */
export class Witness {
  /** Ids of all reports on the log, whoever sent them. */
  readonly reports = new Set<string>();
  readonly fates = new Map<string, DecidedReport>();
  readonly processes = new Map<string, SeenProcess>();
  /** Ids of faults that a process began with or took on. */
  readonly handled = new Set<string>();
  readonly faults = { opened: 0, cleared: 0 };
  deadLetters = 0;
  readonly #active = new Set<string>();
  /** Ids by topic. */
  readonly #seen = new Map<string, Set<string>>();
  readonly #onEvent: (event: ProcessEventPayload) => void;

  constructor(onEvent: (event: ProcessEventPayload) => void) {
    this.#onEvent = onEvent;
  }

  /** Processes that have begun and not ended. */
  get active(): number {
    return this.#active.size;
  }

  /** Takes one record; a copy of one that it knows counts for nothing. */
  hear(record: LogRecord): void {
    const { topic, partition, offset, headers, value } = record;
    const body = value === undefined || topic.endsWith('.dlt') ? undefined : unframe(value)?.body;
    this.take({
      topic,
      id: headers['ce_id'] ?? `${partition}/${offset}`,
      event: body === undefined ? {} : eventOn(topic, body),
    });
  }

  /** The same, of a record that is read already. */
  take({ topic, id, event }: WitnessedRecord): void {
    const seen = this.#seen.get(topic) ?? new Set<string>();
    if (seen.has(id)) return;
    this.#seen.set(topic, seen.add(id));
    if (topic.endsWith('.dlt')) this.deadLetters += 1;
    const { ReportsDecided: decided, ProcessEnded: ended, ProcessEvent: told, FaultChanged: fault } = event;
    if (event.ReportReceived !== undefined) this.reports.add(event.ReportReceived.reportId);
    for (const one of decided === undefined ? [] : eventToDecided(decided)) this.fates.set(one.reportId, one);
    if (ended !== undefined) this.#end(ended);
    if (told?.type === 'ProcessStarted') this.#start(told);
    if (told !== undefined) this.#onEvent(told);
    if (fault?.change === 'OPENED') this.faults.opened += 1;
    if (fault?.change === 'CLEARED') this.faults.cleared += 1;
  }

  #start({ processId, cluster, node, at, data }: ProcessEventPayload): void {
    if (processId === null || this.processes.get(processId)?.outcome !== undefined) return;
    this.#active.add(processId);
    const leadingFault = data['faultId'] ?? '';
    this.handled.add(leadingFault);
    this.processes.set(processId, {
      processId,
      node: `${cluster}/${node}`,
      startedAt: at,
      leadingFault,
    });
  }

  #end(ended: ProcessEndedPayload): void {
    this.#active.delete(ended.processId);
    for (const id of ended.faultIds) this.handled.add(id);
    this.processes.set(ended.processId, {
      processId: ended.processId,
      node: `${ended.cluster}/${ended.node}`,
      startedAt: ended.startedAt,
      leadingFault: ended.faultIds[0] ?? '',
      outcome: eventToOutcome(ended),
      endedAt: ended.endedAt,
      ...(ended.reason === null ? {} : { reason: ended.reason }),
    });
  }
}

export const witnessGroup = 'demo-witness';

const witnessedTopics: readonly string[] = [
  'fault.reports',
  'fault.report-fates',
  'fault.hardware',
  'fault.system',
  'fault.component',
  'maintenance.events',
  'maintenance.outcomes',
  'fault.reports.dlt',
  'maintenance.signals.dlt',
  'migration.replies.dlt',
];

/** Subscribes the witness to everything that is published, from the beginning. */
export function subscribeWitness(eventLog: EventLog, witness: Witness) {
  return eventLog.consume({
    group: witnessGroup,
    topics: witnessedTopics,
    maxBatchRecords: 1_000,
    startAt: (assigned) => Promise.resolve(assigned.low),
    onBatch: (batch) => {
      for (const record of batch.records) witness.hear(record);
      return Promise.resolve();
    },
  });
}
