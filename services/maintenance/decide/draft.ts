import type { Command } from '../../../domain/command.js';
import type { DecidedReport, Decision, TimerRequest } from '../../../domain/decision.js';
import type { Fact, FactType } from '../../../domain/fact.js';
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
}

/** A decision in the making. Lives within one call of `decide`. */
export interface Draft {
  readonly rules: Rules;
  readonly input: Input;
  /** Logical now of this decision. */
  readonly at: number;
  state: NodeState;
  readonly facts: Fact[];
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
    state,
    facts: [],
    commands: [],
    revoke: [],
    timers: [],
    report: undefined,
  };
}

/** Records that something happened; `change` is what it changes in the state. The new state is what `evolve` will make of it. */
export function record(
  draft: Draft,
  fact: { readonly type: FactType; readonly data: JsonObject; readonly processId?: ProcessId },
  change: (state: NodeState) => NodeState = (state) => state,
): void {
  const version = draft.state.version + 1;
  const patch = mergeDifference(draft.state, { ...change(draft.state), version, now: draft.at });
  draft.facts.push({
    node: draft.state.node,
    version,
    type: fact.type,
    at: draft.at,
    causeId: draft.input.causeId,
    ...(fact.processId === undefined ? {} : { processId: fact.processId }),
    data: fact.data,
    patch,
    evolveVersion: 1,
  });
  draft.state = applyMergePatch(draft.state, patch);
}

export function decisionOf(draft: Draft): Decision {
  const { state, facts, commands, revoke, timers, report } = draft;
  return { state, facts, commands, revoke, timers, ...(report === undefined ? {} : { report }) };
}
