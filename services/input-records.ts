import type { NewRecord } from '../adapters/ports/event-log.js';
import type { SchemaIds } from '../adapters/ports/schema-ids.js';
import { nodeKey, type NodeKey } from '../domain/identifiers.js';
import type { Report } from '../domain/report.js';
import type { MigrationReply, Signal } from '../domain/signal.js';
import { cloudEventHeaders } from '../schemas/cloud-events.js';
import { encodeEvent } from '../schemas/codec.js';
import type { EventName, EventPayloads } from '../schemas/event-payloads.js';
import { replyToEvent } from '../schemas/events/migration-reply.js';
import { reportToEvent } from '../schemas/events/report-received.js';
import { signalToEvent } from '../schemas/events/signal.js';
import { frame } from '../schemas/wire-format.js';

/** Who writes an input, under which id and when (ms). The same id twice is one input. */
export interface InputOrigin {
  readonly id: string;
  readonly source: string;
  readonly at: number;
  readonly causationId?: string;
  readonly correlationId?: string;
}

async function inputRecord<Name extends EventName>(
  schemaIds: SchemaIds,
  origin: InputOrigin,
  input: {
    readonly topic: string;
    readonly node: NodeKey;
    readonly event: Name;
    readonly payload: EventPayloads[Name];
  },
): Promise<NewRecord> {
  const { id, source, at: time, causationId, correlationId } = origin;
  return {
    topic: input.topic,
    key: input.node,
    value: frame(await schemaIds.idOf(input.event), encodeEvent(input.event, input.payload)),
    headers: cloudEventHeaders({
      event: input.event,
      id,
      source,
      time,
      subject: input.node,
      ...(causationId === undefined ? {} : { causationId }),
      ...(correlationId === undefined ? {} : { correlationId }),
    }),
  };
}

export function reportRecord(schemaIds: SchemaIds, report: Report, origin: InputOrigin): Promise<NewRecord> {
  const node = nodeKey(report.cluster, report.node);
  return inputRecord(schemaIds, origin, {
    topic: 'fault.reports',
    node,
    event: 'ReportReceived',
    payload: reportToEvent(report),
  });
}

export function signalRecord(
  schemaIds: SchemaIds,
  node: NodeKey,
  signal: Signal,
  origin: InputOrigin,
): Promise<NewRecord> {
  return inputRecord(schemaIds, origin, {
    topic: 'maintenance.signals',
    node,
    event: 'Signal',
    payload: signalToEvent(node, signal),
  });
}

export function replyRecord(
  schemaIds: SchemaIds,
  node: NodeKey,
  reply: MigrationReply,
  origin: InputOrigin,
): Promise<NewRecord> {
  return inputRecord(schemaIds, origin, {
    topic: 'migration.replies',
    node,
    event: 'MigrationReply',
    payload: replyToEvent(node, reply),
  });
}
