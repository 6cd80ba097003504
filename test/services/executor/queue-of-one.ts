import type { Command, CommandResult } from '../../../domain/command.js';
import type { ClaimAnswer, CommandQueue, QueuedCommand } from '../../../adapters/ports/journal.js';

/** A queue with one command at a time, that remembers what was done with it. */
export class QueueOfOne implements CommandQueue {
  readonly results: CommandResult[] = [];
  readonly postponed: string[] = [];
  /** Attempts that another copy made after the command was read here. */
  attemptsByOthers = 0;
  /** The head is not due yet when it is looked for first, and is by the time its due time is told. */
  dueWhileRead = false;
  #readAt: number | undefined;
  #head: QueuedCommand | undefined;
  #claimed = false;
  #ending: CommandResult | string = 'nothing';
  #wake: () => void = () => undefined;
  #heard: () => void = () => undefined;

  /** Resolves with the result once the command is settled, or with the reason once it is postponed. */
  async carryOut(command: Command, history: Partial<QueuedCommand> = {}): Promise<CommandResult | string> {
    this.#head = { command, attempts: 0, unfinishedAttempt: false, createdAt: 0, ...history };
    this.#claimed = false;
    const before = this.results.length + this.postponed.length;
    const ended = new Promise<void>((resolve) => (this.#heard = resolve));
    this.#wake();
    await ended;
    expectOne(this.results.length + this.postponed.length - before);
    return this.#ending;
  }

  claimable(now: number): Promise<readonly QueuedCommand[]> {
    if (this.dueWhileRead && this.#readAt === undefined && this.#head !== undefined) {
      this.#readAt = now;
      return Promise.resolve([]);
    }
    return Promise.resolve(this.#head === undefined || this.#claimed ? [] : [this.#head]);
  }

  claim(): Promise<ClaimAnswer> {
    this.#claimed = true;
    const before = (this.#head?.attempts ?? 0) + this.attemptsByOthers;
    return Promise.resolve({ kind: 'claimed', attempt: before + 1 });
  }

  extend(): Promise<boolean> {
    return Promise.resolve(true);
  }

  postpone(_id: string, { reason }: { readonly reason: string }): Promise<void> {
    this.#claimed = true;
    this.postponed.push(reason);
    this.#ending = reason;
    this.#heard();
    return Promise.resolve();
  }

  settle(result: CommandResult): Promise<boolean> {
    this.#head = undefined;
    this.results.push(result);
    this.#ending = result;
    this.#heard();
    return Promise.resolve(true);
  }

  releaseEnded(): Promise<number> {
    return Promise.resolve(0);
  }

  async nextDue(): Promise<number | undefined> {
    if (this.#readAt === undefined) return undefined;
    const due = this.#readAt + 1;
    while (Date.now() <= due) await new Promise((resolve) => setImmediate(resolve));
    return due;
  }

  awaitWork(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }
}

function expectOne(count: number): void {
  if (count !== 1) throw new Error(`a command ended ${count} times`);
}
