import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import type { PodReference } from '../../../domain/command.js';
import { eventIdOf } from '../../../domain/event-number.js';
import type { Fact } from '../../../domain/fact.js';
import { classOfFaultType, isFaultType, type Fault } from '../../../domain/fault.js';
import type { NodeUid } from '../../../domain/identifiers.js';
import type { Json, JsonObject } from '../../../domain/json.js';
import { outcomes, type FaultReference, type NodeState } from '../../../domain/node-state.js';
import { faultTopic } from '../../../schemas/catalog.js';
import { cloudEventHeaders } from '../../../schemas/cloud-events.js';
import { encodeEvent } from '../../../schemas/codec.js';
import type { EventName, EventPayloads } from '../../../schemas/event-payloads.js';
import { faultToEvent, type FaultChange } from '../../../schemas/events/fault-changed.js';
import { migrationRequestToEvent } from '../../../schemas/events/migration-requested.js';
import { endedToEvent } from '../../../schemas/events/process-ended.js';
import { factToEvent } from '../../../schemas/events/process-event.js';
import type { Publisher } from './outbox-writer.js';

interface FactPublisher extends Publisher {
  /** `ce_id` of the record that the fact follows from. */
  readonly causedBy: string;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && !Array.isArray(value);
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function items(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isObject(item)) : [];
}

const changeOfFact: { readonly [Type in Fact['type']]?: FaultChange['change'] } = {
  FaultOpened: 'OPENED',
  FaultRecurred: 'RECURRED',
  FaultCleared: 'CLEARED',
};

/** Facts about faults carry the fault as it was; anything else there is a broken journal. */
function isFault(value: Json | undefined): value is JsonObject & Fault {
  return isObject(value) && typeof value['id'] === 'string' && isFaultType(text(value['type']) ?? '');
}

function isFaultReference(value: JsonObject): value is JsonObject & FaultReference {
  return (
    typeof value['id'] === 'string' &&
    typeof value['openedBy'] === 'string' &&
    isFaultType(text(value['type']) ?? '')
  );
}

function isPod(value: JsonObject): value is JsonObject & PodReference {
  return ['namespace', 'name', 'uid'].every((key) => typeof value[key] === 'string');
}

function entry<Name extends EventName>(
  publisher: FactPublisher,
  fact: Fact,
  event: { readonly topic: string; readonly name: Name; readonly payload: EventPayloads[Name] },
): NewOutboxEntry {
  const sequence = { epoch: publisher.epoch, version: fact.version };
  return {
    topic: event.topic,
    key: fact.node,
    event: event.name,
    body: encodeEvent(event.name, event.payload),
    headers: cloudEventHeaders({
      event: event.name,
      id: eventIdOf(fact.node, sequence, event.name),
      source: publisher.source,
      time: fact.at,
      subject: fact.node,
      sequence,
      causationId: publisher.causedBy,
      ...(fact.processId === undefined ? {} : { correlationId: fact.processId }),
    }),
  };
}

function faultEntries(publisher: FactPublisher, fact: Fact): readonly NewOutboxEntry[] {
  const change = changeOfFact[fact.type];
  const fault = fact.data['fault'];
  if (change === undefined || !isFault(fault)) return [];
  const reason = text(fact.data['reason']);
  const payload = faultToEvent({
    node: fact.node,
    fault,
    change,
    at: fact.at,
    causedBy: fact.causeId,
    ...(fact.processId === undefined ? {} : { processId: fact.processId }),
    ...(reason === undefined ? {} : { reason }),
  });
  return [
    entry(publisher, fact, {
      topic: faultTopic(classOfFaultType[fault.type]),
      name: 'FaultChanged',
      payload,
    }),
  ];
}

function outcomeEntries(publisher: FactPublisher, fact: Fact): readonly NewOutboxEntry[] {
  const outcome = outcomes.find((known) => known === fact.data['outcome']);
  if (fact.type !== 'ProcessEnded' || outcome === undefined || fact.processId === undefined) return [];
  const reason = text(fact.data['reason']);
  const payload = endedToEvent({
    node: fact.node,
    processId: fact.processId,
    workflow: text(fact.data['workflow']) ?? '',
    outcome,
    ...(reason === undefined ? {} : { reason }),
    startedAt: numberOr(fact.data['startedAt'], fact.at),
    endedAt: fact.at,
    faults: items(fact.data['faults']).filter(isFaultReference),
  });
  return [entry(publisher, fact, { topic: 'maintenance.outcomes', name: 'ProcessEnded', payload })];
}

function migrationEntries(publisher: FactPublisher, fact: Fact): readonly NewOutboxEntry[] {
  const requestId = text(fact.data['requestId']);
  const { processId, node } = fact;
  if (fact.type !== 'MigrationRequested' || requestId === undefined || processId === undefined) return [];
  const nodeUid = text(fact.data['nodeUid']);
  const payload = migrationRequestToEvent({
    requestId,
    processId,
    node,
    ...(nodeUid === undefined ? {} : { nodeUid: nodeUid as NodeUid }),
    pods: items(fact.data['pods']).filter(isPod),
    reason: text(fact.data['reason']) ?? '',
    deadlineMs: numberOr(fact.data['deadlineMs'], 0),
  });
  const stageEntry = numberOr(fact.data['stageEntry'], 0);
  return [
    {
      ...entry(publisher, fact, { topic: 'migration.requests', name: 'MigrationRequested', payload }),
      whenSent: { node, signal: { kind: 'MigrationAnnounced', processId, stageEntry, requestId } },
    },
  ];
}

/** What one fact publishes: itself, and where it says more than itself also a fault, a request or an outcome. */
export function publishFact(
  publisher: FactPublisher,
  state: NodeState,
  fact: Fact,
): readonly NewOutboxEntry[] {
  const running = state.process?.id === fact.processId ? state.process : undefined;
  const workflow = text(fact.data['workflow']) ?? running?.workflow;
  const stage = text(fact.data['stage']) ?? running?.stage;
  const payload = factToEvent(fact, {
    ...(workflow === undefined ? {} : { workflow }),
    ...(stage === undefined ? {} : { stage }),
  });
  return [
    entry(publisher, fact, { topic: 'maintenance.events', name: 'ProcessEvent', payload }),
    ...faultEntries(publisher, fact),
    ...migrationEntries(publisher, fact),
    ...outcomeEntries(publisher, fact),
  ];
}
