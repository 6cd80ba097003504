import type { NodeState, ProcessContext } from '../../../domain/node-state.js';
import type { Signal } from '../../../domain/signal.js';
import type { RequestedAction, WorkflowStep } from '../../../workflows/catalog.js';
import { latestEventId, record, type Draft } from './draft.js';

/** When timers of a stage are due, by name. */
type Due = Readonly<Record<string, number>>;
type Fired = Extract<Signal, { readonly kind: 'TimerFired' }>;

function isTimerAction(action: RequestedAction): action is {
  readonly type: 'startTimer';
  readonly parameters: { readonly name: string; readonly afterMs: number };
} {
  return action.type === 'startTimer';
}

/** What this step sets. A stage that is entered also gets its maximum age. */
export function timersOf(draft: Draft, step: WorkflowStep, entered: boolean): Due {
  const age = entered && !step.ended ? { 'stage-overdue': step.context.recipe.stageMaximumAgeMs } : {};
  const asked = step.actions
    .filter(isTimerAction)
    .map(({ parameters }) => [parameters.name, parameters.afterMs] as const);
  return Object.fromEntries(
    [...Object.entries(age), ...asked].map(([name, afterMs]) => [name, draft.at + afterMs]),
  );
}

/** Requests them; a timer of the same name is replaced. */
export function setTimers(draft: Draft, { processId, stageEntry }: ProcessContext, due: Due): void {
  const issuedBy = latestEventId(draft);
  for (const [name, dueAt] of Object.entries(due))
    draft.timers.push({ node: draft.state.node, processId, stageEntry, name, dueAt, issuedBy });
}

/** The state that remembers when they are due, in the log's time: by that it is judged whether one fired too early. */
export function withTimers(state: NodeState, due: Due): NodeState {
  return withContext(state, { timersDue: { ...state.process?.context.timersDue, ...due } });
}

/**
 * A timer that fired before it was due, by a copy whose clock is ahead or because it was set anew meanwhile, is set once
 * more, for when that clock says that it is time. @returns whether it was: then nothing else follows from it
 */
export function setOnceMoreIfEarly(draft: Draft, { timer, processId }: Fired): boolean {
  const { context } = draft.state.process ?? {};
  const dueAt = context?.timersDue?.[timer];
  if (context === undefined || dueAt === undefined || dueAt <= draft.at) return false;
  const aheadMs = Math.max((draft.input.saidAt ?? draft.at) - draft.at, 0);
  // Later than the last time in any case: what fires twice for one instant is heard once.
  const again = Math.max(dueAt + aheadMs, (context.timersSetAnew?.[timer] ?? dueAt) + 1);
  const what = `timer ${timer}, ${dueAt - draft.at} ms before it was due`;
  record(draft, { type: 'SignalIgnoredAsStale', processId, data: { what } }, (state) =>
    withContext(state, { timersSetAnew: { ...context.timersSetAnew, [timer]: again } }),
  );
  setTimers(draft, context, { [timer]: again });
  return true;
}

function withContext(state: NodeState, change: Partial<ProcessContext>): NodeState {
  const { process } = state;
  return process === undefined
    ? state
    : { ...state, process: { ...process, context: { ...process.context, ...change } } };
}
