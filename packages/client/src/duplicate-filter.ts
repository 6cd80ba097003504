import type { AnyEvent } from './event.js';

/** `sequence` of the event of this node, topic and source that was acted on last; undefined: of none. */
export type LastSequence = (event: AnyEvent) => Promise<string | undefined>;

/**
 * What is in the states that were given first is known, as what its own store says is.
 * @param told `sequence` of the state of each node
 */
export function knowingStates(told: () => ReadonlyMap<string, string>, own?: LastSequence): LastSequence {
  return async (event) => {
    const stored = await own?.(event);
    const state = event.type === 'NodeState' ? undefined : told().get(event.node);
    return state !== undefined && (stored === undefined || stored < state) ? state : stored;
  };
}

/** A place in the order of the events of one node. */
function placeOf({ topic, source, node }: AnyEvent): string {
  return `${topic}\n${source}\n${node}`;
}

/** A map that forgets what was not asked for longest. */
class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}

export interface DuplicateOptions {
  /** How many ids, and how many nodes, are remembered. */
  readonly most: number;
  readonly lastSequence: LastSequence;
}

/**
 * Knows what was delivered already: by id and source among the last `most` events, and by sequence for as many nodes,
 * where `lastSequence` answers for what was before this process. An event published again on purpose (`replay`) is one
 * of its own in each run of a replay.
 */
export class DuplicateFilter {
  readonly #ids: Recent<true>;
  readonly #sequences: Recent<string>;
  readonly #lastSequence: LastSequence;

  constructor({ most, lastSequence }: DuplicateOptions) {
    this.#ids = new Recent(most);
    this.#sequences = new Recent(most);
    this.#lastSequence = lastSequence;
  }

  /** Rejects as `lastSequence` does. */
  async isKnown(event: AnyEvent): Promise<boolean> {
    if (this.#ids.get(this.#idOf(event)) !== undefined) return true;
    if (event.sequence === undefined || event.replay !== undefined) return false;
    const place = placeOf(event);
    const last = this.#sequences.get(place) ?? (await this.#lastSequence(event));
    if (last !== undefined) this.#sequences.set(place, last);
    return last !== undefined && event.sequence <= last;
  }

  /** From now on the event is known. */
  remember(event: AnyEvent): void {
    this.#ids.set(this.#idOf(event), true);
    if (event.sequence !== undefined && event.replay === undefined) {
      this.#sequences.set(placeOf(event), event.sequence);
    }
  }

  #idOf({ source, id, replay = '' }: AnyEvent): string {
    return `${source}\n${id}\n${replay}`;
  }
}
