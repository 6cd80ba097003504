import type { AnyEvent, FaultlineEvent } from './event.js';
import { stateTopic, type EventData } from './generated/events.js';
import { reasonOf, UnreadableRecord, type RawRecord } from './problems.js';
import { eventOf, eventTypeIn } from './read-record.js';

/** As the server gives it: CloudEvents 1.0, structured JSON. */
interface StructuredEvent {
  readonly id: string;
  readonly source: string;
  readonly type?: unknown;
  readonly subject?: string;
  readonly time?: string;
  readonly sequence?: string;
  readonly causationid?: string;
  readonly correlationid?: string;
  readonly traceparent?: string;
  readonly replay?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  readonly data?: EventData[keyof EventData];
  readonly data_base64?: string;
}

/** As the server lists a node: what `NodeState` says, in the words and times of JSON. */
interface ListedNode {
  readonly cluster: string;
  readonly node: string;
  readonly health: string;
  readonly faults: readonly string[];
  readonly process?: {
    readonly processId: string;
    readonly workflow: string;
    readonly stage: string;
    readonly mode: string;
    readonly startedAt: string;
    readonly waitingFor?: string;
  };
  readonly factVersion: number;
  readonly sequence: string;
  readonly changedAt: string;
}

const healths = ['HEALTHY', 'FAULTY', 'IN_MAINTENANCE', 'WAITING', 'PARKED', 'DELETED'] as const;
const modes = ['OBSERVE', 'ACTIVE'] as const;

function recordOf(
  json: string,
  { subject, topic = '', partition, offset }: Partial<StructuredEvent>,
): RawRecord {
  return { topic, partition, offset, key: subject, headers: {}, value: Buffer.from(json) };
}

/** JSON in whose form the server is trusted. Throws UnreadableRecord for what is none. */
function objectIn(json: string, topic: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw new UnreadableRecord('malformed', recordOf(json, { topic }), reasonOf(error), { cause: error });
  }
  throw new UnreadableRecord('malformed', recordOf(json, { topic }), 'it is no object');
}

/** Throws UnreadableRecord for what the server could not read either, or this release of the client does not know. */
export function readStructured(json: string): FaultlineEvent {
  const event = objectIn(json, 'GET /v1/events') as StructuredEvent;
  const { id, source, subject = '', topic = '', partition, offset, data } = event;
  const record = recordOf(json, event);
  if (typeof event.type !== 'string') throw new UnreadableRecord('no-cloud-event', record, 'it has no type');
  const type = eventTypeIn(event.type);
  const bytes = event.data_base64;
  const value = bytes === undefined ? undefined : Buffer.from(bytes, 'base64');
  if (type === undefined) {
    const why = `${event.type} is unknown here: use a newer client`;
    throw new UnreadableRecord('unknown-event', { ...record, value }, why);
  }
  if (data === undefined)
    throw new UnreadableRecord('malformed', { ...record, value }, 'the server could not read it');
  const time = Date.parse(event.time ?? '');
  return eventOf({
    type,
    data,
    id,
    source,
    node: subject,
    time: Number.isNaN(time) ? undefined : time,
    sequence: event.sequence,
    causationId: event.causationid,
    correlationId: event.correlationid,
    traceParent: event.traceparent,
    replay: event.replay,
    topic,
    partition,
    offset,
  });
}

/** Newer releases of the server may say what is unknown here. */
function symbolOf<Known extends string>(word: string, symbols: readonly Known[]): Known | 'UNKNOWN' {
  const wanted = word.toUpperCase().replaceAll('-', '_');
  return symbols.find((symbol) => symbol === wanted) ?? 'UNKNOWN';
}

function stateOf({ health, process, changedAt, ...state }: ListedNode): EventData['NodeState'] {
  return {
    ...state,
    health: symbolOf(health, healths),
    process:
      process === undefined
        ? null
        : {
            ...process,
            mode: symbolOf(process.mode, modes),
            startedAt: Date.parse(process.startedAt),
            waitingFor: process.waitingFor ?? null,
          },
    changedAt: Date.parse(changedAt),
  };
}

/** The id under which `node.state` has the same state. */
function idOfState(node: string, sequence: string): string {
  const [epoch, version] = sequence.split('.').map(Number);
  return `${node}@${epoch}.${version}/NodeState`;
}

/** The present state of a node, as the stream tells it first. Throws UnreadableRecord for what is none. */
export function readState(json: string): AnyEvent<'NodeState'> {
  const listed = objectIn(json, stateTopic) as ListedNode;
  try {
    const data = stateOf(listed);
    const node = `${data.cluster}/${data.node}`;
    return {
      type: 'NodeState',
      data,
      id: idOfState(node, data.sequence),
      source: '',
      node,
      time: data.changedAt,
      sequence: data.sequence,
      causationId: undefined,
      correlationId: data.process?.processId,
      traceParent: undefined,
      replay: undefined,
      topic: stateTopic,
      partition: undefined,
      offset: undefined,
    };
  } catch (error) {
    const record = recordOf(json, { topic: stateTopic });
    throw new UnreadableRecord('malformed', record, reasonOf(error), { cause: error });
  }
}

/** How many nodes were told of before the end of the present states. */
export function nodesToldOf(json: string): number {
  const { nodes } = objectIn(json, stateTopic) as { readonly nodes?: unknown };
  return typeof nodes === 'number' ? nodes : 0;
}
