import type { Deciding } from '../../../adapters/ports/journal.js';
import type { Decide, Decision } from '../../../domain/decision.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import { decideReport } from './decide-report.js';
import { decideReply, decideSignal } from './decide-signal.js';
import { decisionOf, draftOf, type Draft, type Rules } from './draft.js';
import { faultsToHandle } from './ladder.js';
import { admit, parkBy, unparkBy } from './parking.js';
import { startProcess } from './process.js';

/** Every open fault that nobody handles gets a process; there is at most one, led by the strongest fault. */
function handleOpenFaults(draft: Draft): void {
  if (draft.state.process !== undefined || draft.state.deleted === true) return;
  // While what waits has not been tried, a try to retry it must not fail by itself.
  if (draft.input.kind === 'signal' && draft.input.signal.kind === 'RetryParked') return;
  const leading = faultsToHandle(draft.rules.policy, draft.state)[0];
  if (leading !== undefined) startProcess(draft, leading);
}

/**
 * Decides one input: pure, total over valid inputs, and the only place where facts are made. Throws only when a
 * process is pinned to a workflow that this copy does not know: the node then waits for one that does.
 */
export function decideBy(rules: Rules): Decide {
  return (state: NodeState, input: Input): Decision => {
    const draft = draftOf(rules, state, input);
    if (input.kind === 'report') decideReport(draft, input.report);
    else if (input.kind === 'signal') decideSignal(draft, input.signal);
    else decideReply(draft, input.reply);
    handleOpenFaults(draft);
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

/** All that the journal is given to decide by. */
export function decidingBy(rules: Rules): Deciding {
  return { decide: decideBy(rules), admit, park: parkBy(rules), unpark: unparkBy(rules) };
}
