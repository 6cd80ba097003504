import type { NewRecord } from '../../adapters/ports/event-log.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { decodeEvent, isEventName } from '../../schemas/codec.js';
import type { EventPayloads } from '../../schemas/event-payloads.js';
import { unframe } from '../../schemas/wire-format.js';

/** One record as a subscriber reads it. */
export interface Published {
  readonly topic: string;
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
  readonly #read = new Map<string, string>();
  /** Sequences below which a source says nothing any more. */
  readonly #over = new Map<string, string>();

  /** The journal behind this source is gone: what it said and still arrives is dropped. @param below the first of the next */
  forget(source: string, below: string): void {
    this.#over.set(source, below);
  }

  #isGone(source: string | undefined, sequence: string): boolean {
    return sequence < (this.#over.get(source ?? '') ?? '');
  }

  read(record: NewRecord): Published {
    const published = readPublished(record);
    const { topic, node, sequence } = published;
    if (sequence === undefined) return published;
    // Another installation counts by itself.
    const place = `${topic} ${node} ${record.headers['ce_source'] ?? ''}`;
    if (this.#isGone(record.headers['ce_source'], sequence)) return { ...published, repeated: true };
    if (sequence <= (this.#read.get(place) ?? '')) return { ...published, repeated: true };
    this.#read.set(place, sequence);
    return published;
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
