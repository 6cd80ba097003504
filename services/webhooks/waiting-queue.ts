import type { KeptEvent } from '../../adapters/ports/webhooks.js';

interface NodeQueue {
  /** Will be kept when their batch is; the journal does not have them yet. */
  reserved: number;
  readonly events: KeptEvent[];
  isUnderWay: boolean;
}

/**
 * What waits for one subscriber, by node. While anything of a node waits, what comes later of it goes behind, so that its
 * order is kept, and other nodes go on.
 */
export class WaitingQueue {
  readonly #room: number;
  readonly #nodes = new Map<string, NodeQueue>();
  #size = 0;

  /** @param room events at most, over all nodes */
  constructor(room: number, kept: readonly KeptEvent[]) {
    this.#room = room;
    for (const event of kept) {
      this.reserve(event.node);
      this.keep(event);
    }
  }

  get size(): number {
    return this.#size;
  }

  get hasRoom(): boolean {
    return this.#size < this.#room;
  }

  isWaiting(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** One more of this node is going to wait. */
  reserve(node: string): void {
    const queue = this.#nodes.get(node) ?? { reserved: 0, events: [], isUnderWay: false };
    queue.reserved += 1;
    this.#size += 1;
    this.#nodes.set(node, queue);
  }

  /** A reserved one does not wait after all. */
  cancel(node: string): void {
    const queue = this.#nodes.get(node);
    if (queue === undefined) return;
    queue.reserved -= 1;
    this.#shrink(node, queue);
  }

  /** A reserved one is in the journal now. */
  keep(event: KeptEvent): void {
    const queue = this.#nodes.get(event.node);
    if (queue === undefined) return;
    queue.reserved -= 1;
    queue.events.push(event);
  }

  /** The first of each node that is due; they are under way until they are put off or settled. */
  takeDue(now: number): readonly KeptEvent[] {
    return [...this.#nodes.values()].flatMap((queue) => takeFirstDue(queue, now) ?? []);
  }

  /** It failed again. */
  putOff(event: KeptEvent): void {
    const queue = this.#nodes.get(event.node);
    if (queue === undefined) return;
    queue.events[0] = event;
    queue.isUnderWay = false;
  }

  /** It was delivered, or is dead. Gives the next one of its node if that is due; it is under way then. */
  settle({ node }: KeptEvent, now: number): KeptEvent | undefined {
    const queue = this.#nodes.get(node);
    if (queue === undefined) return undefined;
    queue.events.shift();
    queue.isUnderWay = false;
    this.#shrink(node, queue);
    return takeFirstDue(queue, now);
  }

  #shrink(node: string, { reserved, events }: NodeQueue): void {
    this.#size -= 1;
    if (reserved === 0 && events.length === 0) this.#nodes.delete(node);
  }
}

function takeFirstDue(queue: NodeQueue, now: number): KeptEvent | undefined {
  const [first] = queue.events;
  if (first === undefined || queue.isUnderWay || first.dueAt > now) return undefined;
  queue.isUnderWay = true;
  return first;
}
