import type { NewRecord } from '../../adapters/ports/event-log.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { decodeEvent, isEventName } from '../../schemas/codec.js';
import type { EventPayloads } from '../../schemas/event-payloads.js';
import { unframe } from '../../schemas/wire-format.js';

/** One record as a subscriber reads it. */
export interface Published {
  readonly topic: string;
  /** Its key: of `guard.pauses` no node, but a pause. */
  readonly node: NodeKey;
  readonly id: string;
  readonly causedBy: string | undefined;
  readonly process: string | undefined;
  readonly sequence: string | undefined;
  /** Its sequence is not above what was read of this node on this topic: a subscriber drops it. */
  readonly repeated: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** By name of the event; empty for dead letters and bytes of others. */
  readonly event: { readonly [Name in keyof EventPayloads]?: EventPayloads[Name] };
}

const typePrefix = 'dev.faultline.';

/** Reads records as a subscriber does, by nothing but headers and bytes. */
export class Subscriber {
  /** Latest sequence by source, topic and node. */
  readonly #read = new Map<string, Map<string, Map<NodeKey, string>>>();
  /** Sequences below which a source says nothing any more. */
  readonly #over = new Map<string, string>();

  /** The journal behind this source is gone: what it said and still arrives is dropped. @param below the first of the next */
  forget(source: string, below: string): void {
    this.#over.set(source, below);
  }

  #isGone(source: string, sequence: string): boolean {
    return sequence < (this.#over.get(source) ?? '');
  }

  read(record: NewRecord): Published {
    const published = readPublished(record);
    const { topic, node, sequence } = published;
    if (sequence === undefined) return published;
    const source = record.headers['ce_source'] ?? '';
    const read = this.#readOn(source, topic);
    const isRepeated = this.#isGone(source, sequence) || sequence <= (read.get(node) ?? '');
    if (isRepeated) return { ...published, repeated: true };
    read.set(node, sequence);
    return published;
  }

  /** Another installation counts by itself. */
  #readOn(source: string, topic: string): Map<NodeKey, string> {
    const bySource = this.#read.get(source) ?? new Map<string, Map<NodeKey, string>>();
    const onTopic = bySource.get(topic) ?? new Map<NodeKey, string>();
    this.#read.set(source, bySource.set(topic, onTopic));
    return onTopic;
  }
}

function readPublished({ topic, key, value, headers }: NewRecord): Published {
  const name = (headers['ce_type'] ?? '').slice(typePrefix.length);
  const framed = value === undefined || topic.endsWith('.dlt') ? undefined : unframe(value);
  const event = framed !== undefined && isEventName(name) ? { [name]: decodeEvent(name, framed.body) } : {};
  return {
    topic,
    node: key as NodeKey,
    id: headers['ce_id'] ?? '',
    causedBy: headers['ce_causationid'],
    process: headers['ce_correlationid'],
    sequence: headers['ce_sequence'],
    repeated: false,
    headers,
    event,
  };
}
