import type { Command } from '../../../domain/command.js';
import type { DecidedReport, Decision, TimerRequest } from '../../../domain/decision.js';
import type { Fact, FactType } from '../../../domain/fact.js';
import { eventIdOf, type EventNumber } from '../../../domain/event-number.js';
import type { CommandId, ProcessId } from '../../../domain/identifiers.js';
import { applyMergePatch, mergeDifference, type JsonObject } from '../../../domain/json.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import type { Policy } from '../../../workflows/policy.js';

/** What decisions depend on besides state and input; the same for all copies that run one configuration. */
export interface Rules {
  readonly policy: Policy;
  /** Part of every process id: a restored journal never gives out an id again. */
  readonly epoch: number;
  /**
   * Part of every process id too: another journal that reads the same log from its beginning must not take the results of the
   * one before for its own. Absent in histories of releases that left it out.
   */
  readonly installation?: string;
}

/** A decision in the making. Lives within one call of `decide`. */
export interface Draft {
  readonly rules: Rules;
  readonly input: Input;
  /** Logical now of this decision. */
  readonly at: number;
  /** Version of the state that the input met. */
  readonly metVersion: number;
  state: NodeState;
  readonly facts: Fact[];
  readonly causedBy: string[];
  readonly commands: Command[];
  readonly revoke: CommandId[];
  readonly timers: TimerRequest[];
  report: DecidedReport | undefined;
}

export function draftOf(rules: Rules, state: NodeState, input: Input): Draft {
  return {
    rules,
    input,
    at: Math.max(state.now, input.at),
    metVersion: state.version,
    state,
    facts: [],
    causedBy: [],
    commands: [],
    revoke: [],
    timers: [],
    report: undefined,
  };
}

/** How a process goes on, as opposed to what its input says by itself. */
const stepTypes: ReadonlySet<FactType> = new Set<FactType>([
  'StageEntered',
  'ProcessAdvanced',
  'WorkflowChanged',
  'PersonAsked',
  'MigrationRequested',
  'ProcessEnded',
]);

/** The input answers an event that this journal published of this node. */
function answersUs({ input: { causedBy }, metVersion, rules }: Draft): boolean {
  return causedBy !== undefined && causedBy.version <= metVersion && causedBy.epoch <= rules.epoch;
}

/**
 * What a fact follows from, so that a subscriber who goes from cause to cause comes to the first report. Where a process
 * goes on by what comes from outside (a person, the detector, another report), that has no cause of ours: the way leads
 * on from the stage in which it met the process. The input itself is in the event's payload, always.
 */
function causeOf(draft: Draft, type: FactType): string {
  const { input, metVersion, state } = draft;
  const entered = state.process?.enteredBy;
  if (entered === undefined || !stepTypes.has(type)) return input.causeId;
  const enteredNow = entered.version > metVersion;
  return enteredNow || !answersUs(draft) ? eventIdOf(state.node, entered) : input.causeId;
}

/** Place of the fact that is recorded next. */
export function nextEvent({ state: { version }, rules: { epoch } }: Draft): EventNumber {
  return { epoch, version: version + 1 };
}

/** `ce_id` of the event of the latest fact. */
export function latestEventId({ state: { node, version }, rules: { epoch } }: Draft): string {
  return eventIdOf(node, { epoch, version });
}

/**
 * Records that something happened; `change` is what it changes in the state. The new state is what `evolve` will make of
 * it. `causedBy`: what it follows from, if not from what the rules above say.
 */
export function record(
  draft: Draft,
  fact: {
    readonly type: FactType;
    readonly data: JsonObject;
    readonly processId?: ProcessId;
    readonly causedBy?: string;
  },
  change: (state: NodeState) => NodeState = (state) => state,
): void {
  const { version } = nextEvent(draft);
  const patch = mergeDifference(draft.state, { ...change(draft.state), version, now: draft.at });
  draft.causedBy.push(fact.causedBy ?? causeOf(draft, fact.type));
  const recorded: Fact = {
    node: draft.state.node,
    version,
    type: fact.type,
    at: draft.at,
    causeId: draft.input.causeId,
    data: fact.data,
    patch,
    evolveVersion: 1,
  };
  draft.facts.push(fact.processId === undefined ? recorded : { ...recorded, processId: fact.processId });
  draft.state = applyMergePatch(draft.state, patch);
}

export function decisionOf(draft: Draft): Decision {
  const { state, facts, causedBy, commands, revoke, timers, report } = draft;
  return { state, facts, causedBy, commands, revoke, timers, ...(report === undefined ? {} : { report }) };
}
