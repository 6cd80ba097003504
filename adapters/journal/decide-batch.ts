import type { Command } from '../../domain/command.js';
import type { Decide, DecidedReport, Decision, TimerRequest } from '../../domain/decision.js';
import { replay } from '../../domain/evolve.js';
import type { Fact } from '../../domain/fact.js';
import type { CommandId, NodeKey, ProcessId } from '../../domain/identifiers.js';
import { canonicalJson } from '../../domain/json.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import type { AdvanceRequest, NewOutboxEntry, OutboxWriter, ProcessRow } from '../ports/journal.js';
import { digestUuid } from './digests.js';
import { processRowsOf } from './process-rows.js';

/** `decide` answered something that can't be a decision about this state. */
export class InvalidDecision extends Error {
  override readonly name = 'InvalidDecision';
}

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
  /** States whose version changed. */
  readonly states: readonly NodeState[];
  readonly facts: readonly Fact[];
  readonly commands: readonly Command[];
  readonly revoke: readonly CommandId[];
  /** The last request per process and name; those of a stage that is over are left out. */
  readonly timers: readonly TimerRequest[];
  readonly repeats: readonly Repeats[];
  readonly processes: readonly ProcessRow[];
  readonly outbox: readonly NewOutboxEntry[];
  readonly decided: number;
  readonly parked: number;
}

export interface BatchRequest {
  readonly inputs: readonly Input[];
  readonly decide: Decide;
  readonly park: AdvanceRequest['park'];
  readonly writer: OutboxWriter;
  readonly verify: boolean;
  /** The one input of this batch can't be stored: it is parked for this reason without being decided. */
  readonly refusal?: Error;
}

/**
 * Decides inputs one after the other, each on the state that the earlier ones left. Pure: writes nothing. Throws only
 * when a parking decision or the outbox writer is broken.
 */
export function decideBatch(stored: ReadonlyMap<NodeKey, NodeState>, request: BatchRequest): BatchEffects {
  const batch = new Batch(stored);
  for (const input of request.inputs) {
    const before = batch.stateOf(input.node);
    const { decision, parked } = decideOrPark(before, input, request);
    batch.add(before, decision, parked, request.writer.decided(decision, input));
  }
  return batch.effects(request.writer);
}

function decideOrPark(
  before: NodeState,
  input: Input,
  request: BatchRequest,
): { readonly decision: Decision; readonly parked: boolean } {
  let failure = request.refusal;
  if (failure === undefined) {
    try {
      const decision = request.decide(before, input);
      check(before, decision, request.verify);
      return { decision, parked: false };
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  }
  const decision = request.park(before, input, failure);
  check(before, decision, request.verify);
  return { decision, parked: true };
}

function check(before: NodeState, { state, facts }: Decision, verify: boolean): void {
  facts.forEach((fact, index) => {
    if (fact.version !== before.version + 1 + index || fact.node !== before.node) {
      throw new InvalidDecision(
        `fact ${fact.type} has version ${fact.version} of ${fact.node} where ${before.version + 1 + index} of ${before.node} must follow`,
      );
    }
  });
  if (state.node !== before.node || state.version !== before.version + facts.length) {
    throw new InvalidDecision(
      `${facts.length} facts on version ${before.version} of ${before.node} can't give version ${state.version} of ${state.node}`,
    );
  }
  if (!verify || facts.length === 0) return;
  const folded = canonicalJson(replay(before.node, facts, before));
  if (folded !== canonicalJson(state)) {
    throw new InvalidDecision(
      `the facts of ${before.node} fold to ${folded}, but the decision says ${canonicalJson(state)}`,
    );
  }
}

/** Collects decisions; what a later one overrides is written once. */
class Batch {
  readonly #stored: ReadonlyMap<NodeKey, NodeState>;
  readonly #states = new Map<NodeKey, NodeState>();
  readonly #facts: Fact[] = [];
  readonly #commands: Command[] = [];
  readonly #revoke = new Set<CommandId>();
  readonly #timers = new Map<string, TimerRequest>();
  readonly #repeats = new Map<string, Repeats>();
  readonly #processes = new Map<ProcessId, ProcessRow>();
  readonly #outbox: NewOutboxEntry[] = [];
  readonly #reports: DecidedReport[] = [];
  #decided = 0;
  #parked = 0;

  constructor(stored: ReadonlyMap<NodeKey, NodeState>) {
    this.#stored = stored;
  }

  stateOf(node: NodeKey): NodeState {
    return this.#states.get(node) ?? this.#stored.get(node) ?? emptyNodeState(node);
  }

  add(before: NodeState, decision: Decision, parked: boolean, entries: readonly NewOutboxEntry[]): void {
    this.#decided += 1;
    if (parked) this.#parked += 1;
    this.#states.set(before.node, decision.state);
    this.#facts.push(...decision.facts);
    this.#commands.push(...decision.commands);
    for (const id of decision.revoke) this.#revoke.add(id);
    for (const timer of decision.timers) this.#timers.set(`${timer.processId} ${timer.name}`, timer);
    if (decision.facts.length > 0) {
      for (const row of processRowsOf(before, decision.facts)) this.#processes.set(row.processId, row);
    }
    this.#outbox.push(...entries);
    if (decision.report !== undefined) {
      this.#reports.push(decision.report);
      // A report that made facts is told by them; only the others need to be counted.
      if (decision.facts.length === 0) this.#count(decision.report);
    }
  }

  effects(writer: OutboxWriter): BatchEffects {
    const fates = this.#reports.length === 0 ? [] : writer.fates(this.#reports);
    const changed = [...this.#states.values()].filter(
      ({ node, version }) => version !== (this.#stored.get(node)?.version ?? 0),
    );
    return {
      states: changed,
      facts: this.#facts,
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
