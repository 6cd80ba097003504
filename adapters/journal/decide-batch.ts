import type { Decision } from '../../domain/decision.js';
import { replay } from '../../domain/evolve.js';
import { canonicalJson, sameJson } from '../../domain/json.js';
import type { NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import type { Deciding, OutboxWriter } from '../ports/journal.js';
import { BatchCollection, type BatchEffects } from './batch-collection.js';
import { asLate, type StoredNodes } from './waiting-inputs.js';

/** `decide` answered something that can't be a decision about this state. */
export class InvalidDecision extends Error {
  override readonly name = 'InvalidDecision';
}

export interface BatchRequest {
  readonly inputs: readonly Input[];
  readonly deciding: Deciding;
  readonly writer: OutboxWriter;
  readonly verify: boolean;
  /** ms */
  readonly now: number;
  /** The one input of this batch can't be stored: it is parked for this reason without being decided. */
  readonly refusal?: Error;
  /** Waiting inputs to be taken up at most. */
  readonly takeUpAtMost?: number;
}

/**
 * Decides inputs one after the other, each on the state that the earlier ones left; those of a parked node are kept
 * until it is taken up. Pure: writes nothing. Throws only when a parking decision or the outbox writer is broken.
 */
export function decideBatch(stored: StoredNodes, request: BatchRequest): BatchEffects {
  const batch = new BatchCollection(stored, request.writer);
  for (const input of request.inputs) handle(batch, input, request);
  return batch.effects();
}

function handle(batch: BatchCollection, input: Input, request: BatchRequest): void {
  const admission = request.deciding.admit(batch.stateOf(input.node), input);
  if (admission === 'wait' || admission === 'wait-then-take-up') batch.keep(input);
  else if (!decideOrPark(batch, input, request)) keepIfItWaits(batch, input, request);
  if (admission === 'wait-then-take-up' || admission === 'decide-then-take-up') takeUp(batch, input, request);
}

/** What could not be decided is not lost: it waits first of all. An order is no input that waits: it was refused. */
function keepIfItWaits(batch: BatchCollection, input: Input, { deciding }: BatchRequest): void {
  const admission = deciding.admit(batch.stateOf(input.node), input);
  if (admission === 'wait' || admission === 'wait-then-take-up') batch.keep(input);
}

/** Decides what waits for the node of `by`, in order, until all is decided, one fails again, or enough is done at once. */
function takeUp(batch: BatchCollection, by: Input, request: BatchRequest): void {
  const { node } = by;
  const queue = batch.waitingOf(node);
  // A refusal may be about any of those that wait: they are not tried together again.
  if (request.refusal !== undefined) return;
  let waiting = queue.next();
  for (let left = request.takeUpAtMost ?? Infinity; waiting !== undefined && left > 0; left -= 1) {
    if (!decideOrPark(batch, asLate(waiting.input), request)) return;
    queue.taken(waiting);
    waiting = queue.next();
  }
  if (waiting !== undefined || !queue.isExhausted()) {
    batch.goOnLater(node, { id: by.causeId, at: request.now, causedBy: by.causeId });
    return;
  }
  const before = batch.stateOf(node);
  if (before.parked === undefined) return;
  const decision = request.deciding.unpark(before, by);
  check(before, decision, request.verify);
  batch.add(before, by, { decision, parked: false });
  queue.empty();
}

/** Whether the input could be decided; if not, its node is parked. */
function decideOrPark(batch: BatchCollection, input: Input, request: BatchRequest): boolean {
  const before = batch.stateOf(input.node);
  const made = attempt(before, input, request);
  if (!(made instanceof Error)) {
    batch.add(before, input, { decision: made, parked: false });
    return true;
  }
  const decision = request.deciding.park(before, input, made);
  check(before, decision, request.verify);
  batch.add(before, input, { decision, parked: true });
  return false;
}

function attempt(before: NodeState, input: Input, request: BatchRequest): Decision | Error {
  if (request.refusal !== undefined) return request.refusal;
  try {
    const decision = request.deciding.decide(before, input);
    check(before, decision, request.verify);
    return decision;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
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
  const folded = replay(before.node, facts, before);
  if (!sameJson(folded, state)) {
    throw new InvalidDecision(
      `the facts of ${before.node} fold to ${canonicalJson(folded)}, but the decision says ${canonicalJson(state)}`,
    );
  }
}
