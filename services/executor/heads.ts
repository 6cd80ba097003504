import type { NodeKey } from '../../domain/identifiers.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { CommandQueue, QueuedCommand } from '../../adapters/ports/journal.js';

/** Read ahead, so that not each command that ends costs a look at the queue. */
const ahead = 64;
/** What was read longer ago is read anew: by then another copy may have begun with it and given up. */
const longestKeptMs = 1_000;

/**
 * Heads of the queue, oldest first, read some at a time. What was read may be out of date when it is given out; the
 * claim decides, so that costs a look in vain and nothing else.
 */
export class Heads {
  readonly #queue: Pick<CommandQueue, 'claimable' | 'justIssued'>;
  readonly #clock: Pick<Clock, 'now'>;
  #read: QueuedCommand[] = [];
  #readAt = 0;

  constructor(queue: Pick<CommandQueue, 'claimable' | 'justIssued'>, clock: Pick<Clock, 'now'>) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** When the queue was read last: what is due later was not seen by that. */
  get readAt(): number {
    return this.#readAt;
  }

  /**
   * Takes at most so many, none of a node that is `busy`: those may still be listed, they are claimed only after the
   * look at the present; they are noted in `held`. Fewer: there are no others just now.
   */
  async take(
    count: number,
    busy: ReadonlyMap<NodeKey, unknown>,
    held: Set<NodeKey>,
  ): Promise<readonly QueuedCommand[]> {
    const isFree = ({ command: { node } }: QueuedCommand): boolean => {
      if (busy.has(node)) held.add(node);
      return !busy.has(node);
    };
    this.#read = this.#clock.now() - this.#readAt > longestKeptMs ? [] : this.#read.filter(isFree);
    if (this.#read.length === 0) {
      const issued = (await this.#queue.justIssued(this.#clock.now())).filter(isFree);
      // The rest of the queue is read at the next look, which comes at once: nothing of it was read by this one.
      if (issued.length > 0) return issued.slice(0, count);
    }
    if (this.#read.length < count) {
      this.#readAt = this.#clock.now();
      this.#read = (await this.#queue.claimable(this.#readAt, count + busy.size + ahead)).filter(isFree);
    }
    return this.#read.splice(0, count);
  }
}
