import { WakeUp } from '../../../adapters/journal/wake-up.js';
import type { Command, CommandResult } from '../../../domain/command.js';
import type { ChangeId } from '../../../domain/identifiers.js';
import type { ClaimAnswer, CommandQueue, QueuedCommand } from '../../../adapters/ports/journal.js';

/** A queue with one command at a time, that remembers what was done with it. */
export class QueueOfOne implements CommandQueue {
  readonly results: CommandResult[] = [];
  readonly postponed: string[] = [];
  /** Claims that were not prolonged: whoever had them has to leave the command alone. */
  lost = 0;
  #mayKeepClaim = true;
  /** Attempts that another copy made after the command was read here. */
  attemptsByOthers = 0;
  /** The head is not due yet when it is looked for first, and is by the time its due time is told. */
  dueWhileRead = false;
  /** Somebody else who has leave to change the node. */
  heldBy: ChangeId | undefined;
  /** A counter that has no room. */
  full: string | undefined;
  /** In whose line it was postponed last. */
  line: string | undefined;
  #readAt: number | undefined;
  #head: QueuedCommand | undefined;
  #claimed = false;
  #ending: CommandResult | string = 'nothing';
  /** As in the journals: whoever waits is woken at once by what came after the latest read. */
  readonly #news = new WakeUp();
  #heard: () => void = () => undefined;

  /** From now on a claim can't be prolonged, as when another copy has taken it over. */
  loseClaims(): void {
    this.#mayKeepClaim = false;
  }

  /** Resolves with the result once the command is settled, or with the reason once it is postponed or its claim is lost. */
  async carryOut(command: Command, history: Partial<QueuedCommand> = {}): Promise<CommandResult | string> {
    this.#head = { command, attempts: 0, unfinishedAttempt: false, createdAt: 0, ...history };
    this.#claimed = false;
    const before = this.#endings;
    const ended = new Promise<void>((resolve) => (this.#heard = resolve));
    this.#news.announce();
    await ended;
    expectOne(this.#endings - before);
    return this.#ending;
  }

  get #endings(): number {
    return this.results.length + this.postponed.length + this.lost;
  }

  claimable(now: number): Promise<readonly QueuedCommand[]> {
    this.#news.reading();
    if (this.dueWhileRead && this.#readAt === undefined && this.#head !== undefined) {
      this.#readAt = now;
      return Promise.resolve([]);
    }
    return Promise.resolve(this.#head === undefined || this.#claimed ? [] : [this.#head]);
  }

  justIssued(): Promise<readonly QueuedCommand[]> {
    return Promise.resolve([]);
  }

  claim(): Promise<ClaimAnswer> {
    this.#claimed = true;
    if (this.heldBy !== undefined)
      return Promise.resolve({ kind: 'refused', why: 'held', change: this.heldBy });
    if (this.full !== undefined) return Promise.resolve({ kind: 'refused', why: 'full', counter: this.full });
    const before = (this.#head?.attempts ?? 0) + this.attemptsByOthers;
    return Promise.resolve({ kind: 'claimed', attempt: before + 1 });
  }

  extend(): Promise<boolean> {
    if (!this.#mayKeepClaim) {
      this.lost += 1;
      this.#ending = 'claim lost';
      this.#heard();
    }
    return Promise.resolve(this.#mayKeepClaim);
  }

  postpone(_id: string, { reason, line }: Parameters<CommandQueue['postpone']>[1]): Promise<void> {
    this.line = line;
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

  async nextDue(after: number): Promise<number | undefined> {
    const due = this.#readAt === undefined ? undefined : this.#readAt + 1;
    if (due === undefined || due <= after) return undefined;
    while (Date.now() <= due) await new Promise((resolve) => setImmediate(resolve));
    return due;
  }

  awaitWork(signal: AbortSignal): Promise<void> {
    return this.#news.wait(signal);
  }
}

function expectOne(count: number): void {
  if (count !== 1) throw new Error(`a command ended ${count} times`);
}
