import { commandCatalog, commandTypes, type CommandType } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import type { ProcessContext, WorkflowName } from '../../../domain/node-state.js';
import {
  activeVersion,
  advance,
  begin,
  type RequestedAction,
  type WorkflowStep,
} from '../../../workflows/catalog.js';
import type { WorkflowEvent } from '../../../workflows/events.js';

/** A command that has not answered yet. `current`: asked for by the present stage entry, so its answer reaches the machine. */
export interface Asked {
  readonly type: CommandType;
  readonly current: boolean;
}

/** Everything that decides how a process goes on: its machine, and what it waits for. */
export interface Position {
  readonly workflow: WorkflowName;
  readonly stage: string;
  readonly context: ProcessContext;
  readonly open: readonly Asked[];
  readonly timers: readonly string[];
  /** The log has not acknowledged the migration request yet. */
  readonly announcing: boolean;
  readonly ended: boolean;
}

const entryNow = 10;
const at = 1_000;

/** Positions that differ in nothing that any guard or effect looks at are one. */
export function keyOf(position: Position): string {
  const { recipe: _same, ...context } = position.context;
  return JSON.stringify({ ...position, context });
}

/** All positions that one event leads to: more than one where the ladder decides. */
export function after(position: Position, event: WorkflowEvent, answered?: Asked): readonly Position[] {
  const open = answered === undefined ? position.open : without(position.open, answered);
  const before = {
    ...position,
    open,
    timers: position.timers.filter((name) => event.type !== `timer.${name}`),
  };
  // An answer to a question of an earlier stage only clears the way.
  if (answered?.current === false && position.stage !== 'settling') return [normal(before)];
  const from = { stage: position.stage, context: withOpen(before) };
  return follow(before, advance(position.workflow, activeVersion[position.workflow], from, event));
}

export function beginnings(workflow: WorkflowName, context: ProcessContext): readonly Position[] {
  const nothing: Position = {
    workflow,
    stage: '',
    context,
    open: [],
    timers: [],
    announcing: false,
    ended: false,
  };
  return follow(nothing, begin(workflow, activeVersion[workflow], context));
}

/** What `decide` does with a step: notes what was asked for, and lets the ladder go on where the machine wants that. */
function follow(before: Position, step: WorkflowStep): readonly Position[] {
  const entered = step.context.stageEntry !== before.context.stageEntry;
  const open = entered ? before.open.map(({ type }) => ({ type, current: false })) : before.open;
  const asked = step.actions.flatMap(({ type }) => commandTypes.filter((known) => known === type));
  const issued = asked
    .filter((type) => commandCatalog[type].writes || !open.some((one) => one.current && one.type === type))
    .map((type) => ({ type, current: true }));
  const position: Position = normal({
    workflow: before.workflow,
    stage: step.stage,
    context: step.context,
    open: [...open, ...issued],
    timers: [...new Set([...(entered ? [] : before.timers), ...step.actions.flatMap(timerOf)])].sort(),
    announcing:
      step.actions.some(({ type }) => type === 'announceMigration') || (!entered && before.announcing),
    ended: step.ended,
  });
  const climbs = step.actions.some(({ type }) => type === 'climbLadder' || type === 'replaceWorkflow');
  return climbs ? climbed(position) : [position];
}

/** The policy may name any workflow as the next, or none any more. */
function climbed(position: Position): readonly Position[] {
  const { cancelReason: _cancel, settleTo: _settle, stillFiring: _firing, ...kept } = position.context;
  const context: ProcessContext = { ...kept, healthy: 0, fresh: true };
  const workflows = Object.keys(activeVersion) as readonly WorkflowName[];
  const exhausted: WorkflowEvent = { type: 'ladder.exhausted', at, reason: 'simulated' };
  return [
    ...workflows.flatMap((workflow) =>
      follow({ ...position, workflow, context }, begin(workflow, activeVersion[workflow], context)),
    ),
    ...after(position, exhausted),
  ];
}

function timerOf({ type, parameters }: RequestedAction): readonly string[] {
  return type === 'startTimer' &&
    typeof parameters === 'object' &&
    parameters !== null &&
    'name' in parameters
    ? [String(parameters.name)]
    : [];
}

function without(open: readonly Asked[], answered: Asked): readonly Asked[] {
  const place = open.findIndex((one) => one.type === answered.type && one.current === answered.current);
  return open.filter((_, index) => index !== place);
}

/**
 * Positions that no guard can tell apart are one: what counts up or names a moment is the same everywhere, and what is only
 * written down for people or parameters is left out.
 */
function normal(position: Position): Position {
  const { workflow, stage, timers, announcing, ended, context } = position;
  const { processId, faultType, recipe, mode, isolated, expected } = context;
  // Member by member: half a million of these are made, and each spread of an object costs as much as a step.
  const kept: Writable<ProcessContext> = {
    processId,
    faultType,
    recipe,
    mode,
    stageEntry: entryNow,
    enteredAt: at,
    open: [],
    isolated,
    expected: expectedOf(expected),
    pods: context.pods.map((pod) => ({ ...pod, status: pod.status === 'moved' ? 'moved' : 'requested' })),
    healthy: Math.min(context.healthy, recipe.healthyObservations),
  };
  for (const name of toldApart) keep(kept, context, name);
  if (context.cancelReason !== undefined) kept.cancelReason = 'cancelled';
  return { workflow, stage, context: kept, open: outstanding(position), timers, announcing, ended };
}

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** What guards tell apart where it is there. */
const toldApart = [
  ...(['unreachable', 'poweredOff', 'exhausted'] as const),
  ...(['settleTo', 'stillFiring', 'bootBefore'] as const),
] as const;

function keep<Name extends keyof ProcessContext>(
  kept: Pick<Writable<ProcessContext>, Name>,
  context: Pick<ProcessContext, Name>,
  name: Name,
): void {
  if (context[name] !== undefined) kept[name] = context[name];
}

/** Without what no guard looks at, and in one order. */
function expectedOf({ bootId, machineId }: ProcessContext['expected']): ProcessContext['expected'] {
  if (bootId === undefined) return machineId === undefined ? {} : { machineId };
  return machineId === undefined ? { bootId } : { bootId, machineId };
}

/** Answers to questions of earlier stages only clear the way, but for those that change what has to be taken back. */
const telling: readonly CommandType[] = ['isolateNode', 'powerOff', 'powerOn'];

function outstanding({ open, stage }: Position): readonly Asked[] {
  const now = stage === 'settling' ? [] : open.filter(({ current }) => current);
  const earlier = open
    .filter((asked) => !now.includes(asked))
    .map(({ type }) => (telling.includes(type) ? type : 'observeNode'));
  return [
    ...now.map(({ type }) => ({ type, current: true })),
    ...[...new Set(earlier)].map((type) => ({ type, current: false })),
  ].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf({ type, current }: Asked): string {
  return `${type} ${String(current)}`;
}

function withOpen({ context, open }: Pick<Position, 'context' | 'open'>): ProcessContext {
  return { ...context, open: open.map(({ type }, index) => ({ id: `p-1.1.${index}` as CommandId, type })) };
}
