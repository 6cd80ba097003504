import type { Decide, Decision } from '../../../domain/decision.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import { decideReport } from './decide-report.js';
import { decideReply, decideSignal } from './decide-signal.js';
import { decisionOf, draftOf, record, type Draft, type Rules } from './draft.js';
import { faultsToHandle } from './ladder.js';
import { startProcess } from './process.js';

/** Every open fault that nobody handles gets a process; there is at most one, led by the strongest fault. */
function handleOpenFaults(draft: Draft): void {
  if (draft.state.process !== undefined || draft.state.deleted === true) return;
  const leading = faultsToHandle(draft.rules.policy, draft.state)[0];
  if (leading !== undefined) startProcess(draft, leading);
}

/**
 * Decides one input: pure, total over valid inputs, and the only place where facts are made. Throws only when a
 * process is pinned to a workflow that this copy does not know; the node is then parked.
 */
export function decideBy(rules: Rules): Decide {
  return (state: NodeState, input: Input): Decision => {
    const draft = draftOf(rules, state, input);
    if (input.kind === 'report') decideReport(draft, input.report);
    else if (input.kind === 'signal') decideSignal(draft, input.signal);
    else decideReply(draft, input.reply);
    handleOpenFaults(draft);
    if (draft.state.parked !== undefined && input.kind !== 'report') {
      record(draft, { type: 'NodeUnparked', data: {} }, ({ parked: _over, ...unparked }) => unparked);
    }
    if (
      draft.report !== undefined &&
      draft.report.processId === undefined &&
      draft.report.fate === 'opened'
    ) {
      const { process } = draft.state;
      if (process !== undefined) draft.report = { ...draft.report, processId: process.id };
    }
    return decisionOf(draft);
  };
}

/** What is decided when an input could not be: the node is parked, visibly, and its neighbours go on. */
export function parkBy(rules: Rules): (state: NodeState, input: Input, error: Error) => Decision {
  return (state, input, error) => {
    const draft = draftOf(rules, state, input);
    const reason = error.message.slice(0, 500);
    record(draft, { type: 'NodeParked', data: { reason, input: input.kind } }, (before) => ({
      ...before,
      parked: { reason, since: draft.at },
    }));
    if (input.kind === 'report') {
      const { id, type, source } = input.report;
      draft.report = {
        reportId: id,
        node: state.node,
        type,
        source,
        fate: 'ignored',
        reason: 'NodeParked',
        at: draft.at,
      };
    }
    return decisionOf(draft);
  };
}
