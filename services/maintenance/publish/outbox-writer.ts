import type { NewOutboxEntry, OutboxWriter, SignalCause } from '../../../adapters/ports/journal.js';
import type { DecidedReport, Decision } from '../../../domain/decision.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { ToldPause } from '../../../domain/pause.js';
import type { Signal } from '../../../domain/signal.js';
import { pauseTopic } from '../../../schemas/catalog.js';
import { cloudEventHeaders } from '../../../schemas/cloud-events.js';
import { encodeEvent } from '../../../schemas/codec.js';
import { pauseToEvent } from '../../../schemas/events/pause-changed.js';
import { decidedToEvent } from '../../../schemas/events/reports-decided.js';
import { signalToEvent } from '../../../schemas/events/signal.js';
import { uuidFrom } from '../../../schemas/uuid.js';
import { publishFact } from '../../publish-fact.js';

export interface Publisher {
  /** `/faultline/<installation>/maintenance` */
  readonly source: string;
  readonly epoch: number;
}

/** A signal's id follows from what caused it, so that writing it twice is one signal. */
function signalEntry(
  publisher: Publisher,
  node: NodeKey,
  signal: Signal,
  { id, at, causedBy }: SignalCause,
): NewOutboxEntry {
  const processId =
    signal.kind === 'CommandResult'
      ? signal.result.processId
      : 'processId' in signal
        ? signal.processId
        : undefined;
  return {
    topic: 'maintenance.signals',
    key: node,
    event: 'Signal',
    body: encodeEvent('Signal', signalToEvent(node, signal)),
    headers: cloudEventHeaders({
      event: 'Signal',
      id: uuidFrom(`${publisher.source}\n${signal.kind}\n${id}`),
      source: publisher.source,
      time: at,
      subject: node,
      ...(causedBy === undefined ? {} : { causationId: causedBy }),
      ...(processId === undefined ? {} : { correlationId: processId }),
    }),
  };
}

/** One record accounts for all reports of a batch; it says nothing about order, so any of its nodes is a key. */
function fatesEntry(publisher: Publisher, reports: readonly DecidedReport[]): readonly NewOutboxEntry[] {
  const first = reports[0];
  if (first === undefined) return [];
  const id = uuidFrom(`fates\n${reports.map((report) => report.reportId).join('\n')}`);
  return [
    {
      topic: 'fault.report-fates',
      key: first.node,
      event: 'ReportsDecided',
      body: encodeEvent('ReportsDecided', decidedToEvent(reports)),
      headers: cloudEventHeaders({
        event: 'ReportsDecided',
        id,
        source: publisher.source,
        time: first.at,
        subject: first.node,
      }),
    },
  ];
}

/** Its id follows from what it says, so that a restored journal gives no other event the same. */
function pauseEntry(publisher: Publisher, told: ToldPause): NewOutboxEntry {
  const payload = pauseToEvent(told);
  return {
    topic: pauseTopic,
    key: told.pause.id,
    event: 'PauseChanged',
    body: encodeEvent('PauseChanged', payload),
    headers: cloudEventHeaders({
      event: 'PauseChanged',
      id: uuidFrom(`${publisher.source}\n${JSON.stringify(payload)}`),
      source: publisher.source,
      time: payload.at,
      subject: told.pause.id,
    }),
  };
}

/** Everything the journal publishes, encoded by the bundled schemas: no registry takes part in a decision. */
export function createOutboxWriter(publisher: Publisher): OutboxWriter {
  const { source, epoch } = publisher;
  return {
    signal: (node, signal, cause) => signalEntry(publisher, node, signal, cause),
    decided: ({ state, facts, causedBy }: Decision) =>
      facts.flatMap((fact, index) =>
        publishFact({ source, epoch, causedBy: causedBy[index] ?? fact.causeId }, state.process, fact),
      ),
    pause: (told) => pauseEntry(publisher, told),
    fates: (reports) => fatesEntry(publisher, reports),
  };
}
