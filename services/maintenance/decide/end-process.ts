import { cordonKept } from '../../../domain/command.js';
import type { Fault } from '../../../domain/fault.js';
import { faultTypes } from '../../../domain/fault.js';
import type { ActiveProcess, NodeState, Outcome, ProcessContext } from '../../../domain/node-state.js';
import { dismissed, recreated } from '../../../workflows/stages/settle.js';
import { outcomeOfStage, type Stage } from '../../../workflows/orders.js';
import { record, type Draft } from './draft.js';
import { closeFault, faultData } from './faults.js';
import { strongerFault } from './ladder.js';
import { isToldOfPresent, withRemembered } from './remembered.js';
import { outlivesItsNode } from './successor.js';

function isFinal(stage: Stage): stage is keyof typeof outcomeOfStage {
  return Object.hasOwn(outcomeOfStage, stage);
}

/** An effect held them against the evidence for the fault that its process is for; of others that joined it says nothing. */
const aboutItsFaultOnly: ReadonlySet<string> = new Set(['StaleReport', 'NotFiringNow', 'NotSeenNow']);

/** What becomes of an open fault when its process ends in this way; undefined: it stays and is handled anew. */
function faultAfter(
  state: NodeState,
  { process, outcome }: { readonly process: ActiveProcess; readonly outcome: Outcome },
  fault: Fault,
): 'closed' | 'gone' | Fault['left'] {
  const { context } = process;
  if (outcome === 'HandedToHuman') return 'handedOver';
  const went = howItsNodeWent(outcome, context);
  if (went !== undefined) {
    if (went !== 'unseen' && outlivesItsNode(state, process, fault, went)) return undefined;
    if (context.cancelReason === dismissed) return 'closed';
    return isBackAsTold(state, process, fault, went) ? undefined : 'gone';
  }
  if (outcome === 'Recovered' || isVerifiedAway(context))
    return fault.openedAt <= (context.verifyingSince ?? 0) ? 'closed' : undefined;
  if (context.cancelReason === 'Withheld') return 'withheld';
  const { cancelReason, faultType } = context;
  // A fault that joined after the one that was cleared still waits to be handled.
  if (cancelReason === 'FaultCleared') return undefined;
  // What is stale is what the process began with; it has been reported since on a boot that came later.
  if (cancelReason === 'StaleReport' && isReportedSince(context, fault)) return undefined;
  return cancelReason !== undefined && aboutItsFaultOnly.has(cancelReason) && fault.type !== faultType
    ? undefined
    : 'closed';
}

/** Effects ended without it, the reason says, before its deletion was heard of. */
const notThere: ReadonlySet<string> = new Set(['NodeGone', 'NodeUnknown']);

/** How its node went, where the process ended because of that. */
function howItsNodeWent(
  outcome: Outcome,
  { cancelReason }: ProcessContext,
): 'gone' | 'recreated' | 'unseen' | undefined {
  if (outcome === 'Retired') return 'gone';
  if (cancelReason === recreated) return 'recreated';
  return cancelReason !== undefined && notThere.has(cancelReason) ? 'unseen' : undefined;
}

/** Whether another Node object is there already, of the machine of which this was told, and it has not booted since. */
function isBackAsTold(
  state: NodeState,
  { context }: ActiveProcess,
  fault: Fault,
  went: ReturnType<typeof howItsNodeWent>,
): boolean {
  const isAnother = state.nodeUid !== undefined && state.nodeUid !== context.expected.nodeUid;
  return (went === 'recreated' || isAnother) && isToldOfPresent(state, fault);
}

function isReportedSince({ reportedBootId }: ProcessContext, { outlived, reportedAgain }: Fault): boolean {
  const since = outlived ?? reportedAgain?.bootId;
  return since !== undefined && since !== reportedBootId;
}

/** Dismissed after it was isolated: what fired anew since it was looked at was not meant. */
function isVerifiedAway({ cancelReason, verifyingSince }: ProcessContext): boolean {
  return cancelReason === dismissed && verifyingSince !== undefined;
}

function leave(state: NodeState, fault: Fault, left: NonNullable<Fault['left']>): NodeState {
  return { ...state, faults: { ...state.faults, [fault.type]: { ...fault, left } } };
}

/** A process that was withheld, or cancelled before it isolated, has tried nothing: the ladder is as it was. */
function wasBegun(outcome: Outcome, context: ProcessContext): boolean {
  return outcome !== 'Cancelled' || context.isolated;
}

function attemptsBefore(state: NodeState, process: ActiveProcess): NodeState['attempts'] {
  return state.attempts.filter(({ at }) => at < process.startedAt);
}

/** Ends the process with its outcome and settles what becomes of the node's faults. */
export function endProcess(draft: Draft, stage: Stage): void {
  const { process } = draft.state;
  if (process === undefined || !isFinal(stage)) return;
  const { context } = process;
  const outcome = outcomeOfStage[stage];
  const asItEnded = context.cordonKept === true ? cordonKept : outcome;
  const reason = context.cancelReason ?? context.waitingFor ?? asItEnded;
  const stronger = strongerFault(draft.rules.policy, draft.state, draft.at);
  record(
    draft,
    {
      type: 'ProcessEnded',
      processId: process.id,
      data: {
        outcome,
        reason,
        workflow: process.workflow,
        faultType: context.faultType,
        startedAt: process.startedAt,
        faults: process.faults.map(({ id, type, openedBy }) => ({ id, type, openedBy })),
      },
    },
    ({ process: _over, ...state }) => ({
      ...state,
      ...(wasBegun(outcome, context) ? {} : { attempts: attemptsBefore(state, process) }),
      ...(outcome === 'Recovered' ? { lastRecoveredAt: draft.at } : {}),
    }),
  );
  for (const type of faultTypes) {
    const fault = draft.state.faults[type];
    if (fault === undefined) continue;
    if (outcome === 'Recovered' && fault.id === stronger?.id) continue;
    const after = faultAfter(draft.state, { process, outcome }, fault);
    if (after === 'closed') closeFault(draft, fault, outcome === 'Recovered' ? 'Verified' : reason);
    else if (after === 'gone')
      closeFault(draft, fault, reason, { over: (state) => withRemembered(state, fault, draft.at) });
    else if (after !== undefined) {
      record(
        draft,
        {
          type: 'FaultLeft',
          processId: process.id,
          data: { fault: faultData(fault), left: after },
        },
        (state) => leave(state, fault, after),
      );
    }
  }
}
