import type { FaultClass } from '../domain/fault.js';
import type { EventName } from './event-payloads.js';

/**
 * What a topic is for. `input`: maintenance decides by it. `audit`: to account for what was decided. `state`: what facts
 * have come to, of each key the latest.
 */
export type TopicClass = 'input' | 'fact' | 'request' | 'audit' | 'state' | 'dead-letter';

/** One topic of the installation, in the form that the event log creates it from. */
export interface CatalogTopic {
  readonly topic: string;
  /** Undefined: bytes of any kind (dead letters). */
  readonly event: EventName | undefined;
  readonly class: TopicClass;
  /** What the key is; equal keys stay in order. */
  readonly key: string;
  /** -1: for ever. */
  readonly retentionMs: number;
  readonly compacted: boolean;
  /** Others than Faultline may write here too (role `producer`). */
  readonly openToProducers: boolean;
}

const dayMs = 86_400_000;
const nodeKeyText = '<cluster>/<node>';

function topic(name: string, event: EventName, topicClass: TopicClass, retentionDays: number): CatalogTopic {
  return {
    topic: name,
    event,
    class: topicClass,
    key: nodeKeyText,
    retentionMs: retentionDays < 0 ? -1 : retentionDays * dayMs,
    // Each record says something of its own, and the older one of a node is not outdated by the newer; but for states.
    compacted: false,
    openToProducers: false,
  };
}

/** What became of pauses and incidents. */
export const pauseTopic = 'guard.pauses';

/** Where the present state of each node stands. */
export const stateTopic = 'node.state';

const published: readonly CatalogTopic[] = [
  topic('fault.reports', 'ReportReceived', 'input', 14),
  topic('maintenance.signals', 'Signal', 'input', 14),
  // Reports come through intake, which knows whose node they are about; signals hold orders. Replies are for whoever migrates.
  { ...topic('migration.replies', 'MigrationReply', 'input', 14), openToProducers: true },
  topic('fault.hardware', 'FaultChanged', 'fact', 90),
  topic('fault.system', 'FaultChanged', 'fact', 90),
  topic('fault.component', 'FaultChanged', 'fact', 90),
  topic('maintenance.events', 'ProcessEvent', 'fact', 90),
  topic('maintenance.outcomes', 'ProcessEnded', 'fact', -1),
  topic('migration.requests', 'MigrationRequested', 'request', 14),
  topic('fault.report-fates', 'ReportsDecided', 'audit', 30),
  // The guard holds back parts of the fleet, not nodes.
  { ...topic(pauseTopic, 'PauseChanged', 'audit', 90), key: '<pause id>' },
  { ...topic(stateTopic, 'NodeState', 'state', -1), compacted: true },
];

/** Topics that maintenance consumes. */
export const inputTopics = published.filter((entry) => entry.class === 'input').map((entry) => entry.topic);

/** Where records of an input topic go that can't be processed. */
export function deadLetterTopic(inputTopic: string): string {
  return `${inputTopic}.dlt`;
}

/** Every topic, dead letters included. Kept long: a dead letter waits for a person. */
export const catalog: readonly CatalogTopic[] = [
  ...published,
  ...inputTopics.map((input): CatalogTopic => ({
    topic: deadLetterTopic(input),
    event: undefined,
    class: 'dead-letter',
    key: 'as in the record that could not be processed',
    retentionMs: 90 * dayMs,
    compacted: false,
    openToProducers: false,
  })),
];

/** Topics whose records each follow from one fact of a node, and have its sequence. */
export const factTopics: readonly string[] = published
  .filter((entry) => entry.class === 'fact' || entry.class === 'request')
  .map((entry) => entry.topic);

/** The event that the records of a topic hold; undefined for dead letters and topics that are not ours. */
export function eventOfTopic(name: string): EventName | undefined {
  return eventByTopic.get(name);
}
const eventByTopic = new Map(published.map((entry) => [entry.topic, entry.event]));

/** Topics that an event may be published on: one, except for FaultChanged. */
export function topicsOfEvent(event: EventName): readonly string[] {
  return published.filter((entry) => entry.event === event).map((entry) => entry.topic);
}

/** Where changes of a fault are published. */
export function faultTopic(faultClass: FaultClass): `fault.${FaultClass}` {
  return `fault.${faultClass}`;
}

/**
 * All topics as the event log creates them. The partition count is one for all, fixed for the life of the
 * installation: with another count a node's records would change their partition, and their order.
 */
export function topicsOf(partitions: number): readonly {
  readonly topic: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly compacted: boolean;
}[] {
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new RangeError(`partitions must be a whole number of at least 1, not ${partitions}`);
  }
  return catalog.map(({ topic: name, retentionMs, compacted }) => ({
    topic: name,
    partitions,
    retentionMs,
    compacted,
  }));
}
