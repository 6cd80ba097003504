import type { Command, CommandResult } from '../../../domain/command.js';
import type { CommandId, NodeKey } from '../../../domain/identifiers.js';
import { canonicalJson } from '../../../domain/json.js';
import type { EndOfPause, Pause, ToldPause } from '../../../domain/pause.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { GuardPolicyVersion } from '../../ports/guard-policies.js';
import {
  lineBehind,
  lineOfUnavailable,
  type CommandRow,
  type Installation,
  type NewOutboxEntry,
  type OutboxEntry,
} from '../../ports/journal.js';
import type { StoredFact } from '../../ports/archive.js';
import type { HandledDeadLetter } from '../../ports/dead-letters.js';
import type { Repeats } from '../../journal/batch-collection.js';
import type { KeptInput } from '../../journal/waiting-inputs.js';
import { outboxPartitionOf, seenKey } from '../../journal/digests.js';
import type { ConsumedOffset } from '../../journal/fence.js';
import type { LostInput } from '../../journal/options.js';
import { asStored } from '../../journal/storable.js';
import { WakeUp } from '../../journal/wake-up.js';
import { StoredArchive } from './archive.js';
import type { DutyHolder } from './duty.js';
import { MemoryChanges } from './changes.js';
import { Fleet } from './fleet.js';
import { Lines } from './lines.js';
import { MetricVerdicts } from './metric-verdicts.js';
import { Permits, type Permit } from './permits.js';
import { Processes } from './processes.js';
import { Queues } from './queues.js';
import { SetTimers } from './set-timers.js';
import { MemoryWebhooks } from './webhooks.js';

export interface StoredCommand {
  readonly command: Command;
  readonly position: number;
  readonly createdAt: number;
  readonly headStartMs: number;
  status: CommandRow['status'];
  /** Waiting: not before. Attempting: when the claim runs out. Set by its queue. */
  dueAt: number;
  waitingReason?: string | undefined;
  /** Of the counter that refused it. */
  waitingLine?: string | undefined;
  /** In each of which a room is kept for it meanwhile. */
  keptLines: readonly string[];
  claimedBy?: string;
  attempts: number;
  unfinished: boolean;
  result?: CommandResult;
}

export interface StoredPause {
  pause: Pause;
  ended?: EndOfPause;
}

export interface StoredWaitingInput extends KeptInput {
  taken?: true;
}

export interface StoredOutboxEntry {
  readonly entry: OutboxEntry;
  readonly partition: number;
  sentAt?: number;
}

/** So many are woken at a time; each of them wakes the next. */
export const mostWoken = 16;

/** What a PostgreSQL journal keeps in tables. Several handles can share one, as copies share a database. */
export class MemoryStore {
  installation: Installation;
  readonly partitionCount: number;
  readonly outboxPartitions: number;
  readonly offsets = new Map<string, ConsumedOffset>();
  readonly lostInput: LostInput[] = [];
  logEpoch = 1;
  /** Cause to the time it was seen. */
  readonly seen = new Map<string, number>();
  /** Causes of reports that are said once and changed nothing: in which partition, and how far that was read then. */
  readonly reportsSeen = new Map<string, { readonly place: string; readonly appendedAt: number }>();
  readonly states = new Map<NodeKey, NodeState>();
  /** Those that are kept here. */
  readonly facts = new Map<NodeKey, StoredFact[]>();
  readonly archive = new StoredArchive();
  readonly archiving: DutyHolder = { holder: undefined };
  readonly nodeStates: DutyHolder = { holder: undefined };
  readonly repeats = new Map<NodeKey, Map<string, Repeats>>();
  /** Inputs of parked nodes, by place; what was taken up stays until nothing waits any more. */
  readonly waiting = new Map<NodeKey, StoredWaitingInput[]>();
  readonly timers = new SetTimers();
  /** In order of position. */
  readonly commands = new Map<CommandId, StoredCommand>();
  readonly queues = new Queues();
  readonly permits = new Permits();
  readonly lines = new Lines();
  /** Oldest first. */
  readonly pauses: StoredPause[] = [];
  /** What became of pauses and was not told yet. */
  pauseChanges: ToldPause[] = [];
  readonly verdicts = new MetricVerdicts();
  guardVersion = 0;
  /** Oldest first. */
  readonly guardPolicies: GuardPolicyVersion[] = [];
  readonly changes = new MemoryChanges();
  /** Of the latest change that was granted. */
  fencingToken = 0;
  /** Unsent entries per outbox partition, by position; then the sent ones. */
  readonly unsent: StoredOutboxEntry[][];
  sent: StoredOutboxEntry[] = [];
  /** Which handle sends an outbox partition. */
  readonly senders = new Map<number, symbol>();
  readonly processes = new Processes();
  readonly clusters = new Map<string, number>();
  readonly fleet = new Fleet();
  readonly deadLetters = new Map<string, HandledDeadLetter>();
  readonly webhooks = new MemoryWebhooks();
  readonly work = new WakeUp();
  readonly timerChanges = new WakeUp();
  /** Per outbox partition. */
  readonly entries: readonly WakeUp[];
  #position = 0n;

  constructor(options: {
    readonly installationId: string;
    readonly partitionCount: number;
    readonly outboxPartitions: number;
  }) {
    this.installation = { id: options.installationId, epoch: 1, paused: true };
    this.partitionCount = options.partitionCount;
    this.outboxPartitions = options.outboxPartitions;
    this.unsent = Array.from({ length: options.outboxPartitions }, () => []);
    this.entries = Array.from({ length: options.outboxPartitions }, () => new WakeUp());
  }

  /** Appends to the outbox and tells the relays. */
  beginPause(pause: Pause): void {
    const stored = { pause: asStored(pause) };
    this.pauses.push(stored);
    this.#noteChange('began', stored);
    this.guardVersion += 1;
  }

  /** Of one in force. */
  endPause(stored: StoredPause, end: EndOfPause): void {
    stored.ended = asStored(end);
    this.#noteChange('ended', stored);
    this.guardVersion += 1;
  }

  changePause(stored: StoredPause, change: 'grew' | 'denied', pause: Pause): void {
    const before = stored.pause;
    stored.pause = asStored(pause);
    if (canonicalJson(before) !== canonicalJson(stored.pause)) this.#noteChange(change, stored);
  }

  #noteChange(change: ToldPause['change'], { pause, ended }: StoredPause): void {
    this.pauseChanges.push({ change, pause, ...(ended === undefined ? {} : { ended }) });
  }

  publish(entries: readonly NewOutboxEntry[]): void {
    for (const entry of entries) {
      this.#position += 1n;
      const partition = outboxPartitionOf(entry.key, this.outboxPartitions);
      this.unsent[partition]?.push({ entry: { ...entry, position: this.#position }, partition });
      this.entries[partition]?.announce();
    }
  }

  /** Signals on this topic that were sent and never read go out once more. */
  sendAgain(topic: string): void {
    const unread = this.sent.filter(
      ({ entry }) =>
        entry.topic === topic &&
        entry.event === 'Signal' &&
        !this.seen.has(seenKey(entry.headers['ce_id'] ?? '')),
    );
    this.sent = this.sent.filter((stored) => !unread.includes(stored));
    for (const { entry, partition } of unread) {
      this.unsent[partition]?.push({ entry, partition });
      this.entries[partition]?.announce();
    }
    for (const queue of this.unsent) queue.sort((a, b) => (a.entry.position < b.entry.position ? -1 : 1));
  }

  enqueue(
    commands: readonly Command[],
    createdAt: number,
    headStartMs: (command: Command) => number = () => 0,
  ): void {
    for (const command of commands) {
      const stored: StoredCommand = {
        command,
        position: this.commands.size,
        createdAt,
        headStartMs: headStartMs(command),
        status: 'waiting',
        dueAt: createdAt,
        attempts: 0,
        keptLines: [],
        unfinished: false,
      };
      this.commands.set(command.id, stored);
      this.queues.add(stored);
    }
    if (commands.length > 0) this.work.announce();
  }

  putFact(stored: StoredFact): void {
    const facts = this.facts.get(stored.fact.node);
    if (facts === undefined) this.facts.set(stored.fact.node, [stored]);
    else facts.push(stored);
  }

  putState(state: NodeState): void {
    this.states.set(state.node, state);
    if (state.parked?.kind === 'failed') this.queues.rest(state.node);
    else this.queues.goOn(state.node);
  }

  /** Gives back matching permits of a node and wakes who waits for them; returns how many counters went down. */
  giveBack(isOver: (permit: Permit) => boolean, node: NodeKey): number {
    return this.#wakeFor(this.permits.release(node, isOver));
  }

  /** The same, of all that processes hold which are over. */
  giveBackOfEnded(): number {
    return this.#wakeFor(
      this.permits.releaseOf((process) => this.processes.get(process)?.endedAt !== undefined),
    );
  }

  #wakeFor(given: readonly string[]): number {
    const numbers = new Map<string, number>();
    for (const counter of given) numbers.set(counter, (numbers.get(counter) ?? 0) + 1);
    for (const [counter, number] of numbers)
      for (const line of [counter, lineOfUnavailable(counter)]) this.#wakeLine(line, number);
    if (given.length > 0) this.work.announce();
    return given.length;
  }

  /** Of the first so many in a line those that sleep need not any longer. */
  #wakeLine(line: string, number: number): void {
    for (const command of this.lines.first(line, number)) {
      if (command.dueAt <= command.createdAt) continue;
      this.queues.setDue(command, command.createdAt);
      this.work.announce();
    }
  }

  /** Somebody has left the line: the next ones may have what it did not take. Nobody, where it took the last. */
  moveOn(line: string | undefined, number = 1): void {
    if (line === undefined || number <= 0) return;
    this.#wakeLine(line, number);
    const behind = lineBehind(line);
    if (behind !== undefined) this.#wakeLine(behind, 1);
  }

  /** So many nodes of a cluster are not out of service any more: whom that kept waiting need not any longer. */
  cameBack(cluster: string, number: number): void {
    if (number === 0) return;
    for (const line of this.lines.ofNodesInService(cluster))
      this.#wakeLine(line, Math.min(number, mostWoken));
    // Changes of others look for themselves.
    this.work.announce();
  }

  /** It waits in this line, or in none, and keeps a room in those. */
  standIn(line: string | undefined, stored: StoredCommand, keeps: readonly string[] = []): void {
    const { waitingLine: left, keptLines: kept } = stored;
    if (line === undefined) this.lines.leave(stored);
    else this.lines.enter(line, stored, keeps);
    if (left !== line) this.moveOn(left);
    this.givenUp(kept, keeps);
  }

  /** What somebody keeps no longer is there for others. */
  givenUp(kept: readonly string[], keeps: readonly string[]): void {
    for (const line of kept) if (!keeps.includes(line)) this.moveOn(line);
  }

  /** Takes a command that is over out of its node's queue, which may give way to the next. */
  dequeue(stored: StoredCommand): void {
    this.standIn(undefined, stored);
    if (this.queues.remove(stored)) this.work.announce();
  }
}

/** Key of `offsets`. */
export function offsetKey(group: string, topic: string, partition: number): string {
  return JSON.stringify([group, topic, partition]);
}
