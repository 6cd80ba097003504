import type { Fault } from '../../../domain/fault.js';
import type { NodeState } from '../../../domain/node-state.js';
import { modeOf, type Policy } from '../../../workflows/policy.js';
import { record, type Draft } from './draft.js';
import { faultData, openFaults, takenUpAgain } from './faults.js';

/** Faults that a mode withheld which is active now. While a process runs they wait: it may be theirs when it is over. */
export function withheldNoLonger(policy: Policy, state: NodeState): readonly Fault[] {
  if (state.process !== undefined || state.deleted === true) return [];
  return openFaults(state).filter(
    ({ left, type }) => left === 'withheld' && modeOf(policy, state, type) === 'active',
  );
}

/**
 * Takes up again what was withheld. Nobody has reported it since, so the process that begins observes the node before it
 * does anything.
 */
export function takeUpWithheld(draft: Draft): void {
  const { policy } = draft.rules;
  for (const fault of withheldNoLonger(policy, draft.state)) {
    record(
      draft,
      { type: 'FaultTakenUp', data: { fault: faultData(fault), policy: policy.version } },
      (state) => takenUpAgain(state, fault),
    );
  }
}
