import type { NewOutboxEntry, ToldProcess } from '../adapters/ports/journal.js';
import type { PodReference } from '../domain/command.js';
import { eventIdOf } from '../domain/event-number.js';
import type { ToldFact } from '../domain/fact.js';
import { classOfFaultType, faultClasses, isFaultType, type Fault } from '../domain/fault.js';
import type { NodeUid } from '../domain/identifiers.js';
import { isJsonObject, objectsOf, type Json, type JsonObject } from '../domain/json.js';
import { outcomes, type FaultReference } from '../domain/node-state.js';
import type { Signal } from '../domain/signal.js';
import { faultTopic } from '../schemas/catalog.js';
import { cloudEventHeaders, type EventAttributes } from '../schemas/cloud-events.js';
import { encodeEvent } from '../schemas/codec.js';
import type { EventName, EventPayloads } from '../schemas/event-payloads.js';
import { faultToEvent, type FaultChange } from '../schemas/events/fault-changed.js';
import { migrationRequestToEvent } from '../schemas/events/migration-requested.js';
import { endedToEvent } from '../schemas/events/process-ended.js';
import { factToEvent } from '../schemas/events/process-event.js';

/** Who publishes a fact, and what its events say beyond it. */
export interface FactPublisher {
  /** `/faultline/<installation>/maintenance` */
  readonly source: string;
  readonly epoch: number;
  /** `ce_id` of the record that the fact follows from. */
  readonly causedBy: string;
}

/** What a fact says on one topic, not yet in bytes. */
export type Said<Name extends EventName = EventName> = {
  [One in Name]: {
    readonly topic: string;
    readonly event: One;
    readonly payload: EventPayloads[One];
    /** To be told when the log has acknowledged it. */
    readonly whenSent?: Signal;
  };
}[Name];

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

const factTopic = 'maintenance.events';
const requestTopic = 'migration.requests';
const outcomeTopic = 'maintenance.outcomes';

const changeOfFact: { readonly [Type in ToldFact['type']]?: FaultChange['change'] } = {
  FaultOpened: 'OPENED',
  FaultRecurred: 'RECURRED',
  FaultCleared: 'CLEARED',
};

/** Facts about faults carry the fault as it was; anything else there is a broken journal. */
function isFault(value: Json | undefined): value is JsonObject & Fault {
  return isJsonObject(value) && typeof value['id'] === 'string' && isFaultType(text(value['type']) ?? '');
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

function faultSaid(fact: ToldFact): Said | undefined {
  const change = changeOfFact[fact.type];
  const fault = fact.data['fault'];
  if (change === undefined || !isFault(fault)) return undefined;
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
  return { topic: faultTopic(classOfFaultType[fault.type]), event: 'FaultChanged', payload };
}

function outcomeSaid(fact: ToldFact): Said | undefined {
  const outcome = outcomes.find((known) => known === fact.data['outcome']);
  if (outcome === undefined || fact.processId === undefined) return undefined;
  const reason = text(fact.data['reason']);
  const payload = endedToEvent({
    node: fact.node,
    processId: fact.processId,
    workflow: text(fact.data['workflow']) ?? '',
    outcome,
    ...(reason === undefined ? {} : { reason }),
    startedAt: numberOr(fact.data['startedAt'], fact.at),
    endedAt: fact.at,
    faults: objectsOf(fact.data['faults']).filter(isFaultReference),
  });
  return { topic: outcomeTopic, event: 'ProcessEnded', payload };
}

function migrationSaid(fact: ToldFact): Said | undefined {
  const requestId = text(fact.data['requestId']);
  const { processId, node } = fact;
  if (requestId === undefined || processId === undefined) return undefined;
  const nodeUid = text(fact.data['nodeUid']);
  const payload = migrationRequestToEvent({
    requestId,
    processId,
    node,
    ...(nodeUid === undefined ? {} : { nodeUid: nodeUid as NodeUid }),
    pods: objectsOf(fact.data['pods']).filter(isPod),
    reason: text(fact.data['reason']) ?? '',
    deadlineMs: numberOr(fact.data['deadlineMs'], 0),
  });
  const stageEntry = numberOr(fact.data['stageEntry'], 0);
  const whenSent: Signal = { kind: 'MigrationAnnounced', processId, stageEntry, requestId };
  return { topic: requestTopic, event: 'MigrationRequested', payload, whenSent };
}

function eventSaid(process: ToldProcess | undefined, fact: ToldFact): Said {
  const running = process?.id === fact.processId ? process : undefined;
  const workflow = text(fact.data['workflow']) ?? running?.workflow;
  const stage = text(fact.data['stage']) ?? running?.stage;
  const payload = factToEvent(fact, { workflow, stage });
  return { topic: factTopic, event: 'ProcessEvent', payload };
}

/** What a fact says beyond itself, and on which topics. */
interface SaysMore {
  readonly topics: readonly string[];
  readonly say: (fact: ToldFact) => Said | undefined;
}

const ofFaults: SaysMore = { topics: faultClasses.map(faultTopic), say: faultSaid };

const saidBeyond: { readonly [Type in ToldFact['type']]?: SaysMore } = {
  FaultOpened: ofFaults,
  FaultRecurred: ofFaults,
  FaultCleared: ofFaults,
  MigrationRequested: { topics: [requestTopic], say: migrationSaid },
  ProcessEnded: { topics: [outcomeTopic], say: outcomeSaid },
};

/**
 * What one fact says: itself, and where it says more than itself also a fault, a request or an outcome. `process`: of the
 * node after the whole decision that the fact belongs to.
 * @param topics only what it says on these; the rest is not made. Undefined: all
 */
export function saidBy(
  process: ToldProcess | undefined,
  fact: ToldFact,
  topics?: ReadonlySet<string>,
): readonly Said[] {
  const said = topics?.has(factTopic) === false ? [] : [eventSaid(process, fact)];
  const more = saidBeyond[fact.type];
  if (more === undefined || !(topics === undefined || more.topics.some((topic) => topics.has(topic))))
    return said;
  const beyond = more.say(fact);
  const isWanted = beyond !== undefined && (topics?.has(beyond.topic) ?? true);
  return isWanted ? [...said, beyond] : said;
}

/** The CloudEvents attributes under which a fact's event is published: the same fact always gives the same ones. */
export function attributesOf(publisher: FactPublisher, fact: ToldFact, event: EventName): EventAttributes {
  const sequence = { epoch: publisher.epoch, version: fact.version };
  return {
    event,
    id: eventIdOf(fact.node, sequence, event),
    source: publisher.source,
    time: fact.at,
    subject: fact.node,
    sequence,
    causationId: publisher.causedBy,
    ...(fact.processId === undefined ? {} : { correlationId: fact.processId }),
  };
}

/** One thing that a fact says, as it is sent. */
export function entryOf<Name extends EventName>(
  publisher: FactPublisher,
  fact: ToldFact,
  { topic, event, payload, whenSent }: Said<Name>,
): NewOutboxEntry {
  return {
    topic,
    key: fact.node,
    event,
    body: encodeEvent(event, payload),
    headers: cloudEventHeaders(attributesOf(publisher, fact, event)),
    ...(whenSent === undefined ? {} : { whenSent: { node: fact.node, signal: whenSent } }),
  };
}

/**
 * What one fact publishes. Pure, and of nothing but what the journal keeps: events of long ago are made again by it.
 * `process`: of the node after the whole decision that the fact belongs to.
 */
export function publishFact(
  publisher: FactPublisher,
  process: ToldProcess | undefined,
  fact: ToldFact,
): readonly NewOutboxEntry[] {
  return saidBy(process, fact).map((said) => entryOf(publisher, fact, said));
}
