import type { Command } from '../../domain/command.js';
import type { DecidedReport, Decision, TimerRequest } from '../../domain/decision.js';
import type { Fact } from '../../domain/fact.js';
import type { CommandId, NodeKey, ProcessId } from '../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import type { NewOutboxEntry, OutboxWriter, ProcessRow, SignalCause } from '../ports/journal.js';
import { digestUuid } from './digests.js';
import { processRowsOf } from './process-rows.js';
import { asStored } from './storable.js';
import type { StoredNodes } from './waiting-inputs.js';
import { WaitingQueues, type WaitingChanges } from './waiting-queues.js';

/** One row of the reports that changed nothing, to be added to what is stored. */
export interface Repeats {
  readonly node: NodeKey;
  readonly digest: string;
  readonly type: string;
  readonly source: string;
  readonly fate: string;
  readonly reason: string | undefined;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** All that one batch writes, each thing once. */
export interface BatchEffects {
  /** States whose version changed, in the form in which they will be read back. */
  readonly states: readonly NodeState[];
  /** Likewise. */
  readonly facts: readonly Fact[];
  /** Likewise: for each fact, in their order, `ce_id` of the record that it follows from. */
  readonly causedBy: readonly string[];
  readonly commands: readonly Command[];
  readonly revoke: readonly CommandId[];
  /** The last request per process and name; those of a stage that is over are left out. */
  readonly timers: readonly TimerRequest[];
  readonly repeats: readonly Repeats[];
  readonly processes: readonly ProcessRow[];
  readonly outbox: readonly NewOutboxEntry[];
  readonly decided: number;
  readonly parked: number;
  readonly waiting: readonly WaitingChanges[];
  /** Nodes that are parked now, or were when the batch began. */
  readonly parkings: readonly NodeState[];
}

/** Collects decisions; what a later one overrides is written once. */
export class BatchCollection {
  readonly #stored: ReadonlyMap<NodeKey, NodeState>;
  readonly #writer: OutboxWriter;
  readonly #queues: WaitingQueues;
  readonly #states = new Map<NodeKey, NodeState>();
  readonly #facts: Fact[] = [];
  readonly #causedBy: string[] = [];
  readonly #commands: Command[] = [];
  readonly #revoke = new Set<CommandId>();
  readonly #timers = new Map<string, TimerRequest>();
  readonly #repeats = new Map<string, Repeats>();
  readonly #processes = new Map<ProcessId, ProcessRow>();
  readonly #outbox: NewOutboxEntry[] = [];
  readonly #reports: DecidedReport[] = [];
  #decided = 0;
  #parked = 0;

  constructor({ states, kept }: StoredNodes, writer: OutboxWriter) {
    this.#stored = states;
    this.#writer = writer;
    this.#queues = new WaitingQueues(kept);
  }

  stateOf(node: NodeKey): NodeState {
    return this.#states.get(node) ?? this.#stored.get(node) ?? emptyNodeState(node);
  }

  waitingOf(node: NodeKey): ReturnType<WaitingQueues['of']> {
    return this.#queues.of(node);
  }

  /** The input waits for its parked node. */
  keep(input: Input): void {
    this.#queues.of(input.node).add(input);
  }

  /** The rest of what waits is taken up by a signal of its own, so that no transaction grows without bound. */
  goOnLater(node: NodeKey, cause: SignalCause): void {
    this.#outbox.push(this.#writer.signal(node, { kind: 'RetryParked', reason: 'more inputs wait' }, cause));
  }

  add(
    before: NodeState,
    input: Input,
    { decision: made, parked }: { readonly decision: Decision; readonly parked: boolean },
  ): void {
    // What is published is what will be read back, so that it can be made again.
    const facts = asStored(made.facts);
    // A state is what the facts make of the one before: facts that stay as they are leave nothing in it that would not.
    const state = facts === made.facts ? made.state : asStored(made.state);
    const decision = { ...made, state, facts, causedBy: asStored(made.causedBy) };
    this.#decided += 1;
    if (parked) this.#parked += 1;
    this.#states.set(before.node, decision.state);
    this.#facts.push(...decision.facts);
    this.#causedBy.push(...decision.causedBy);
    this.#commands.push(...decision.commands);
    for (const id of decision.revoke) this.#revoke.add(id);
    for (const timer of decision.timers) this.#timers.set(`${timer.processId} ${timer.name}`, timer);
    if (decision.facts.length > 0) {
      for (const row of processRowsOf(before, decision.facts)) this.#processes.set(row.processId, row);
    }
    this.#outbox.push(...this.#writer.decided(decision, input));
    if (decision.report !== undefined) {
      this.#reports.push(decision.report);
      // A report that made facts is told by them; only the others need to be counted.
      if (decision.facts.length === 0) this.#count(decision.report);
    }
  }

  effects(): BatchEffects {
    const fates = this.#reports.length === 0 ? [] : this.#writer.fates(this.#reports);
    const changed = [...this.#states.values()].filter(
      ({ node, version }) => version !== (this.#stored.get(node)?.version ?? 0),
    );
    return {
      states: changed,
      facts: this.#facts,
      causedBy: this.#causedBy,
      commands: this.#commands,
      revoke: [...this.#revoke],
      timers: [...this.#timers.values()].filter((timer) => this.#isCurrent(timer)),
      repeats: [...this.#repeats.values()],
      // Ended ones first: a node has one active process at any time, also between two rows of one statement.
      processes: [...this.#processes.values()].sort(
        (a, b) => Number(a.endedAt === undefined) - Number(b.endedAt === undefined),
      ),
      outbox: [...this.#outbox, ...fates],
      decided: this.#decided,
      parked: this.#parked,
      waiting: this.#queues.changes(),
      parkings: changed.filter(
        ({ node, parked }) => parked !== undefined || this.#stored.get(node)?.parked !== undefined,
      ),
    };
  }

  #isCurrent(timer: TimerRequest): boolean {
    const process = this.stateOf(timer.node).process;
    return process?.id === timer.processId && timer.stageEntry >= process.context.stageEntry;
  }

  #count({ node, type, source, fate, reason, at }: DecidedReport): void {
    // The digest costs more than all the rest here: once per row, not once per report.
    const key = JSON.stringify([node, type, source, fate, reason]);
    const earlier = this.#repeats.get(key);
    this.#repeats.set(key, {
      node,
      digest: earlier?.digest ?? digestUuid(type, source, fate, reason ?? ''),
      type,
      source,
      fate,
      reason,
      first: Math.min(at, earlier?.first ?? at),
      last: Math.max(at, earlier?.last ?? at),
      count: 1 + (earlier?.count ?? 0),
    });
  }
}
