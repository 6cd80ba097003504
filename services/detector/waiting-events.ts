import type { KubernetesNode, NodeEvent } from '../../adapters/ports/kubernetes.js';

/** `first` is the earliest look that waited at this boot: conditions that stood there already may be the old boot's. */
export interface Look {
  readonly kind: 'changed';
  readonly node: KubernetesNode;
  readonly first: KubernetesNode;
}

/** What there may be something to tell of. */
export type TellingEvent = Exclude<NodeEvent, { kind: 'bookmark' }>;

export type WaitingEvent = Exclude<TellingEvent, { kind: 'changed' }> | Look;

/**
 * Node events that have been seen and not been told yet, in order. Of one boot of one node only the latest look waits:
 * while the log is away, or slow, what has passed is not worth telling, and told late it would be taken for news. Each
 * boot, each deletion and each list keeps its place.
 */
export class WaitingEvents {
  readonly #events = new Map<number, WaitingEvent>();
  /** Places of the latest look at each node, by name, since the last list; it may have been told since. */
  readonly #latest = new Map<string, number>();
  #places = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  get size(): number {
    return this.#events.size;
  }

  put(event: TellingEvent): void {
    if (this.#closed) return;
    if (event.kind === 'listed') this.#latest.clear();
    if (event.kind === 'changed') this.#putLook(event.node);
    else this.#events.set(this.#newPlace(event), event);
    this.#wakeUp();
  }

  /** Nothing comes any more, and what waits need not be told. */
  close(): void {
    this.#closed = true;
    this.#events.clear();
    this.#wakeUp();
  }

  /** The first one as it is now, which a look that came meanwhile may have replaced. */
  first(): WaitingEvent | undefined {
    const [first] = this.#events.values();
    return first;
  }

  /** Takes the first one away, unless it was replaced since it was asked for. */
  told(event: WaitingEvent): void {
    const [first] = this.#events;
    if (first?.[1] === event) this.#events.delete(first[0]);
  }

  /** Resolves when one waits, with true; false: it is closed. */
  async some(): Promise<boolean> {
    while (!this.#closed && this.#events.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#closed;
  }

  #putLook(node: KubernetesNode): void {
    const place = this.#latest.get(node.metadata.name);
    const waiting = place === undefined ? undefined : this.#events.get(place);
    if (place !== undefined && waiting?.kind === 'changed' && isSameBoot(waiting.node, node)) {
      this.#events.set(place, { ...waiting, node });
    } else {
      const look: Look = { kind: 'changed', node, first: node };
      this.#events.set(this.#newPlace(look), look);
    }
  }

  #newPlace(event: WaitingEvent): number {
    this.#places += 1;
    if (event.kind === 'changed') this.#latest.set(event.node.metadata.name, this.#places);
    if (event.kind === 'deleted') this.#latest.delete(event.node.metadata.name);
    return this.#places;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function isSameBoot(one: KubernetesNode, other: KubernetesNode): boolean {
  return (
    one.metadata.uid === other.metadata.uid && one.status.nodeInfo?.bootID === other.status.nodeInfo?.bootID
  );
}
