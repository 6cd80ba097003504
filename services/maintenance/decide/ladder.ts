import { faultTypes, type Fault, type FaultType } from '../../../domain/fault.js';
import { workflowNames, type NodeState, type WorkflowName } from '../../../domain/node-state.js';
import type { Policy, Rung } from '../../../workflows/policy.js';

export interface ChosenRung {
  readonly rung: number;
  readonly workflow: WorkflowName;
}

function attemptsLeft(state: NodeState, faultType: FaultType, rung: Rung, at: number): boolean {
  const used = state.attempts.filter(
    (attempt) =>
      attempt.workflow === rung.workflow && attempt.faultType === faultType && attempt.at > at - rung.perMs,
  );
  return used.length < rung.attempts;
}

/** The first rung from `from` on that may still be tried on this node within its window. */
export function chooseRung(
  policy: Policy,
  state: NodeState,
  faultType: FaultType,
  question: { readonly from: number; readonly at: number },
): ChosenRung | undefined {
  const ladder = policy.ladders[faultType];
  for (let rung = question.from; rung < ladder.length; rung += 1) {
    const step = ladder[rung];
    if (step !== undefined && attemptsLeft(state, faultType, step, question.at)) {
      return { rung, workflow: step.workflow };
    }
  }
  return undefined;
}

export function strengthOf(workflow: WorkflowName): number {
  return workflowNames.indexOf(workflow);
}

/** How strongly a fault type wants to be dealt with: the strength of the workflow its ladder begins with. */
export function strengthOfFault(policy: Policy, faultType: FaultType): number {
  const first = policy.ladders[faultType][0];
  return first === undefined ? workflowNames.length : strengthOf(first.workflow);
}

/** Open faults that a process is to be run for, strongest first; equals in the order in which they opened. */
export function faultsToHandle(policy: Policy, state: NodeState): readonly Fault[] {
  return faultTypes
    .map((type) => state.faults[type])
    .filter((fault): fault is Fault => fault !== undefined && fault.left === undefined)
    .sort(
      (left, right) =>
        strengthOfFault(policy, right.type) - strengthOfFault(policy, left.type) ||
        left.openedAt - right.openedAt,
    );
}

/**
 * An open fault that asks for a stronger workflow than the one that runs, and for which there is something left to
 * try. Its process may have been past the point where it could be told when the fault opened.
 */
export function strongerFault(policy: Policy, state: NodeState, at: number): Fault | undefined {
  const { process } = state;
  const strongest = faultsToHandle(policy, state)[0];
  if (process === undefined || strongest === undefined) return undefined;
  if (strongest.type === process.context.faultType) return undefined;
  if (strengthOfFault(policy, strongest.type) <= strengthOf(process.workflow)) return undefined;
  return chooseRung(policy, state, strongest.type, { from: 0, at }) === undefined ? undefined : strongest;
}
