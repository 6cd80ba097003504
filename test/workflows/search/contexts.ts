import type { BootId, ProcessId } from '../../../domain/identifiers.js';
import type { ProcessContext } from '../../../domain/node-state.js';

const entryNow = 10;
const at = 1_000;

/** What names a moment or counts up, what only people, commands and `decide` read, and what is over once a stage is entered. */
type Forgotten =
  | 'fresh'
  | ('stageEntry' | 'lookedAt' | 'verifyingSince' | 'timersDue' | 'timersSetAnew')
  | (
      'migrationRequestId' | 'reclaims' | 'waitingFor' | 'fenced' | 'ticket' | 'reportedBootId' | 'cordonKept'
    );

/**
 * What is forgotten of a context as a process may have it. No machine may go elsewhere by it: `exhaustive.test.ts` tries each
 * event with it and without, and a new member of the context has to stand here or be kept.
 */
export const forgotten: Required<Pick<ProcessContext, Forgotten>> = {
  fresh: true,
  stageEntry: 7,
  lookedAt: at,
  verifyingSince: 1,
  timersDue: { 'verify-check': 5 },
  timersSetAnew: { 'verify-check': 5 },
  migrationRequestId: 'request-1',
  reclaims: 'p-bbbbbbbbbbbbbbbb' as ProcessId,
  waitingFor: 'a person',
  fenced: true,
  ticket: 'T-1',
  reportedBootId: 'boot-0' as BootId,
  cordonKept: true,
};

type Kept = Omit<ProcessContext, Forgotten>;
type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** Members that may be there or not, and are told apart by their value. */
const toldApart = [
  ...(['unreachable', 'poweredOff', 'exhausted', 'lookHeldUp', 'notReady'] as const),
  ...(['settleTo', 'stillFiring', 'distrusted', 'bootBefore'] as const),
] as const;

/** Contexts that no machine can tell apart are one: of what it asks only whether it is there, any stands for all. */
export function normalContext(context: ProcessContext): ProcessContext {
  const { processId, faultType, recipe, mode, isolated, expected, pods } = context;
  // Member by member: many of these are made, and each spread of an object costs as much as a step.
  const kept: Writable<Kept> & Pick<ProcessContext, 'stageEntry'> = {
    processId,
    faultType,
    recipe,
    mode,
    stageEntry: entryNow,
    enteredAt: at,
    open: [],
    isolated,
    expected: expectedOf(expected),
    pods: pods.map((pod) => ({ ...pod, status: pod.status === 'moved' ? 'moved' : 'requested' })),
    healthy: Math.min(context.healthy, recipe.healthyObservations),
  };
  for (const name of toldApart) keep(kept, context, name);
  if (context.cancelReason !== undefined) kept.cancelReason = 'cancelled';
  return kept;
}

function keep<Name extends keyof Kept>(
  kept: Pick<Writable<Kept>, Name>,
  context: Pick<Kept, Name>,
  name: Name,
): void {
  if (context[name] !== undefined) kept[name] = context[name];
}

/** Without what no guard looks at, and in one order. */
function expectedOf({ bootId, machineId }: ProcessContext['expected']): ProcessContext['expected'] {
  if (bootId === undefined) return machineId === undefined ? {} : { machineId };
  return machineId === undefined ? { bootId } : { bootId, machineId };
}
