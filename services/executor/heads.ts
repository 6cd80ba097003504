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
  readonly #queue: Pick<CommandQueue, 'claimable'>;
  readonly #clock: Pick<Clock, 'now'>;
  #read: QueuedCommand[] = [];
  #readAt = 0;

  constructor(queue: Pick<CommandQueue, 'claimable'>, clock: Pick<Clock, 'now'>) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /**
   * Takes at most so many, none of a node that is `busy`: those may still be listed, they are claimed only after the
   * look at the present. Fewer: there are no others just now.
   */
  async take(count: number, busy: ReadonlyMap<NodeKey, unknown>): Promise<readonly QueuedCommand[]> {
    if (this.#clock.now() - this.#readAt > longestKeptMs) this.#read = [];
    this.#read = this.#read.filter(({ command }) => !busy.has(command.node));
    if (this.#read.length === 0) {
      this.#readAt = this.#clock.now();
      const heads = await this.#queue.claimable(this.#readAt, count + busy.size + ahead);
      this.#read = heads.filter(({ command }) => !busy.has(command.node));
    }
    return this.#read.splice(0, count);
  }
}
