import type { Command, CommandResult } from '../../../domain/command.js';
import type { CommandId, NodeKey } from '../../../domain/identifiers.js';
import { resultCause, resultSignal, returnsNode } from '../../journal/causes.js';
import type { FreshCommands } from '../../journal/fresh-commands.js';
import { keepsRooms } from '../../journal/kept-rooms.js';
import type { JournalOptions } from '../../journal/options.js';
import { asStored } from '../../journal/storable.js';
import type { BudgetClaim, ClaimAnswer, CommandQueue, QueuedCommand } from '../../ports/journal.js';
import { waitingReason, waitingUntil } from '../../ports/line-wait.js';
import { begun, keeperOf, standingOf } from './keeper.js';
import { byRank, rankOf } from './lines.js';
import type { Permit } from './permits.js';
import { takeCounters, type RefusedTaker } from './take-counters.js';
import { mostWoken, type MemoryStore, type StoredCommand } from './store.js';
import { takenOf, type CountedStore } from './taken.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryCommandQueue implements CommandQueue {
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;
  readonly #fresh: FreshCommands;

  constructor(store: MemoryStore, options: JournalOptions, fresh: FreshCommands) {
    this.#store = store;
    this.#options = options;
    this.#fresh = fresh;
  }

  async claimable(now: number, limit: number): Promise<readonly QueuedCommand[]> {
    this.#store.work.reading(this);
    return [...this.#store.queues.due(now)].sort(byRank).slice(0, limit).map(queued);
  }

  async justIssued(now: number): Promise<readonly QueuedCommand[]> {
    return this.#fresh.take(now);
  }

  async claim(id: CommandId, claim: Parameters<CommandQueue['claim']>[1]): Promise<ClaimAnswer> {
    if (claim.guardVersion !== undefined && claim.guardVersion !== this.#store.guardVersion)
      return { kind: 'refused', why: 'changed' };
    const stored = this.#open(id);
    if (stored === undefined || !this.#store.queues.isClaimable(stored) || stored.dueAt > claim.now)
      return { kind: 'gone' };
    const { permits, lines, queues } = this.#store;
    const { node, processId } = stored.command;
    const needsLeave = claim.guardVersion !== undefined || claim.budgets.length > 0;
    const holder = needsLeave ? this.#store.changes.holderOf(node) : undefined;
    if (holder !== undefined) return { kind: 'refused', why: 'held', change: holder.change.id };
    const held = permits.of(node);
    const budgets = claim.budgets.filter(
      (budget) => !held.some((permit) => covers(permit, budget, stored.command)),
    );
    const isBehind = (before: readonly string[]): boolean =>
      lines.isBehind(before, stored, queues.resting) || this.#isBehindChange(before, stored, claim.now);
    const asking = { standing: standingOf(stored), hasBegun: begun(this.#store, stored), now: claim.now };
    const keptFor = (of: readonly string[]): NodeKey | undefined => keeperOf(this.#store, of, asking);
    const doesKeep = keepsRooms(claim.now - stored.createdAt);
    const taker = { commandId: id, processId, node, isBehind, keptFor, doesKeep };
    const refusal = takeCounters(this.#store, taker, { budgets, now: claim.now });
    if (refusal !== undefined) {
      this.#waitInLine(stored, refusal, claim);
      return refusal.refused;
    }
    const left = stored.waitingLine;
    lines.leave(stored);
    if (left !== undefined) this.#store.moveOn(left, roomIn(left, claim.budgets, this.#store));
    stored.unfinished ||= stored.status === 'attempting';
    stored.status = 'attempting';
    queues.setDue(stored, claim.now + claim.leaseMs);
    stored.claimedBy = claim.by;
    stored.waitingReason = undefined;
    stored.attempts += 1;
    return { kind: 'claimed', attempt: stored.attempts };
  }

  async extend(id: CommandId, claim: Parameters<CommandQueue['extend']>[1]): Promise<boolean> {
    const stored = this.#open(id);
    if (stored?.status !== 'attempting' || stored.claimedBy !== claim.by) return false;
    this.#store.queues.setDue(stored, claim.now + claim.leaseMs);
    return true;
  }

  async postpone(id: CommandId, wait: Parameters<CommandQueue['postpone']>[1]): Promise<void> {
    const stored = this.#open(id);
    if (stored === undefined) return;
    if (stored.status === 'attempting') {
      const own = wait.by !== undefined && stored.claimedBy === wait.by;
      if (!own && stored.dueAt > this.#options.clock.now()) return;
      stored.unfinished ||= !own;
    }
    stored.status = 'waiting';
    this.#store.queues.setDue(stored, wait.until);
    stored.waitingReason = wait.reason;
    this.#store.standIn(wait.line, stored);
    // Whoever sleeps until the earliest due command has to look again.
    this.#store.work.announce();
  }

  async settle(result: CommandResult, now: number): Promise<boolean> {
    const stored = this.#open(result.commandId);
    if (stored === undefined) return false;
    const { id, node, processId } = stored.command;
    const entry = this.#options.writer.signal(node, resultSignal(result), resultCause(stored.command, now));
    stored.status = 'settled';
    stored.result = asStored(result);
    stored.waitingReason = undefined;
    const returned = returnsNode(result);
    this.#store.dequeue(stored);
    this.#store.giveBack(
      (permit) =>
        (permit.commandId === id && permit.until === 'settled') ||
        (returned && permit.processId === processId && permit.until !== 'never'),
      node,
    );
    this.#store.publish([entry]);
    return true;
  }

  async releaseEnded(): Promise<number> {
    return this.#store.giveBackOfEnded();
  }

  async nextDue(after: number): Promise<number | undefined> {
    return this.#store.queues.nextDue(after);
  }

  awaitWork(signal: AbortSignal): Promise<void> {
    return this.#store.work.wait(signal, this);
  }

  #waitInLine(
    stored: StoredCommand,
    { refused, keeps }: RefusedTaker,
    { waits, budgets }: Parameters<CommandQueue['claim']>[1],
  ): void {
    const line = budgets.find(({ counter }) => counter === refused.counter)?.line;
    if (waits === undefined || line === undefined) return;
    stored.unfinished ||= stored.status === 'attempting';
    stored.status = 'waiting';
    this.#store.queues.setDue(stored, waitingUntil(waits, refused));
    stored.waitingReason = waitingReason(refused);
    this.#store.standIn(line, stored, keeps);
    this.#store.work.announce();
  }

  #isBehindChange(lines: readonly string[], stored: StoredCommand, now: number): boolean {
    return this.#store.changes.inLines(lines, now).some(({ rank }) => rank < rankOf(stored));
  }

  #open(id: CommandId): StoredCommand | undefined {
    const stored = this.#store.commands.get(id);
    return stored?.status === 'waiting' || stored?.status === 'attempting' ? stored : undefined;
  }
}

/** How many more of a line its counters have room for; below 0: less is allowed by now than was taken. */
function roomIn(line: string, budgets: readonly BudgetClaim[], store: CountedStore): number {
  const rooms = budgets
    .filter((budget) => budget.line === line || budget.yieldsTo === line)
    .map((budget) => Math.floor(budget.cap) - takenOf(store, budget));
  return Math.min(mostWoken, ...(rooms.length === 0 ? [1] : rooms));
}

function queued(stored: StoredCommand): QueuedCommand {
  return {
    command: stored.command,
    attempts: stored.attempts,
    unfinishedAttempt: stored.unfinished || stored.status === 'attempting',
    createdAt: stored.createdAt,
  };
}

/** Whether it was taken already: by an earlier attempt, or by the same process until its node is returned. */
function covers(permit: Permit, budget: BudgetClaim, { id, processId }: Command): boolean {
  const isOfProcess =
    permit.processId === processId && permit.until === 'returned' && budget.until === 'returned';
  return permit.counter === budget.counter && (permit.commandId === id || isOfProcess);
}
