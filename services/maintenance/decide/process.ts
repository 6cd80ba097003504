import {
  commandCatalog,
  commandTypes,
  type Command,
  type CommandParameters,
  type CommandType,
} from '../../../domain/command.js';
import type { Fault, FaultType } from '../../../domain/fault.js';
import type {
  ActiveProcess,
  Attempt,
  NodeState,
  OpenCommand,
  ProcessContext,
} from '../../../domain/node-state.js';
import {
  activeVersion,
  advance,
  begin,
  type RequestedAction,
  type WorkflowStep,
} from '../../../workflows/catalog.js';
import type { WorkflowEvent } from '../../../workflows/events.js';
import { ordersOfStage } from '../../../workflows/orders.js';
import { modeOf } from '../../../workflows/policy.js';
import { eventIdOf } from '../../../domain/event-number.js';
import type { BootId } from '../../../domain/identifiers.js';
import { nextEvent, record, type Draft } from './draft.js';
import { endProcess } from './end-process.js';
import { referenceTo } from './faults.js';
import { commandIdOf, migrationRequestIdOf, processIdOf } from './identities.js';
import { setTimers, timersOf } from './timers.js';
import { chooseRung, faultsToHandle, strongerFault, type ChosenRung } from './ladder.js';

/** Longest window that attempts are remembered for: 30 days, and at most 64. */
const attemptsKeptMs = 30 * 24 * 3600 * 1000;
const attemptsKept = 64;

function withAttempt(state: NodeState, attempt: Attempt): readonly Attempt[] {
  return [...state.attempts, attempt]
    .filter((kept) => kept.at > attempt.at - attemptsKeptMs)
    .slice(-attemptsKept);
}

/** The rung to begin with; a ladder that is used up isolates by its strongest workflow and asks a person. */
function firstRung(draft: Draft, faultType: FaultType): ChosenRung & { readonly exhausted: boolean } {
  const { policy } = draft.rules;
  const chosen = chooseRung(policy, draft.state, faultType, { from: 0, at: draft.at });
  if (chosen !== undefined) return { ...chosen, exhausted: false };
  const ladder = policy.ladders[faultType];
  const last = ladder[ladder.length - 1];
  return {
    rung: Math.max(0, ladder.length - 1),
    workflow: last?.workflow ?? 'hardware-repair',
    exhausted: true,
  };
}

function evidenceOf({ input }: Draft, fault: Fault): Pick<ProcessContext, 'reportedBootId' | 'stillFiring'> {
  const { stillFiring, outlived } = fault;
  const bootId = input.kind === 'report' ? input.report.bootId : (outlived ?? bootOf(fault));
  return {
    ...(bootId === undefined ? {} : { reportedBootId: bootId }),
    ...(stillFiring === undefined ? {} : { stillFiring }),
  };
}

/** Whether what speaks for a process was seen just now; if not, the node is observed before anything is done. */
function isFresh({ input }: Draft, fault: Fault): boolean {
  if (fault.late === true) return false;
  return input.late !== true && !(input.kind === 'signal' && input.signal.kind === 'ModeActivated');
}

/** Starts the process that this fault asks for. The node has none. */
export function startProcess(draft: Draft, fault: Fault): void {
  const { policy } = draft.rules;
  const { node } = draft.state;
  const id = processIdOf(node, draft.state.version + 1, draft.rules);
  const { rung, workflow, exhausted } = firstRung(draft, fault.type);
  const context: ProcessContext = {
    processId: id,
    faultType: fault.type,
    stageEntry: 0,
    enteredAt: draft.at,
    mode: modeOf(policy, draft.state, fault.type),
    recipe: policy.recipes[fault.type],
    expected: draft.state.nodeUid === undefined ? {} : { nodeUid: draft.state.nodeUid },
    isolated: false,
    pods: [],
    open: [],
    healthy: 0,
    ...evidenceOf(draft, fault),
    ...(exhausted ? { exhausted: true as const } : {}),
    ...(isFresh(draft, fault) ? { fresh: true as const } : {}),
  };
  const others = faultsToHandle(policy, draft.state).filter((open) => open.id !== fault.id);
  const started: Omit<ActiveProcess, 'stage' | 'context'> = {
    id,
    workflow,
    workflowVersion: activeVersion[workflow],
    startedAt: draft.at,
    faults: [fault, ...others].map(referenceTo),
    rung,
    enteredBy: nextEvent(draft),
  };
  const step = begin(workflow, started.workflowVersion, context);
  record(
    draft,
    {
      type: 'ProcessStarted',
      processId: id,
      data: {
        workflow,
        faultType: fault.type,
        faultId: fault.id,
        mode: context.mode,
        policy: policy.version,
      },
      causedBy: fault.openedBy,
    },
    (state) => ({
      ...state,
      attempts: withAttempt(state, { workflow, faultType: fault.type, at: draft.at }),
      process: { ...started, stage: 'assessing', context },
    }),
  );
  follow(draft, step);
}

/** One event for the process of this node; nothing happens if there is none. */
export function tellProcess(draft: Draft, event: WorkflowEvent): void {
  const { process } = draft.state;
  if (process === undefined) return;
  follow(draft, advance(process.workflow, process.workflowVersion, process, event));
}

type CommandAction = {
  readonly [Type in CommandType]: { readonly type: Type; readonly parameters: CommandParameters[Type] };
}[CommandType];

/** The machine's declarations tie parameters to types; names are all that is left to tell apart here. */
function isCommandAction(action: RequestedAction): action is CommandAction {
  return commandTypes.some((known) => known === action.type);
}

/** Looking again while this stage's look is on its way tells nothing new. */
function isAskedAlready(context: ProcessContext, type: CommandType): boolean {
  const asked = commandIdOf(context.processId, context.stageEntry, '');
  return (
    !commandCatalog[type].writes &&
    context.open.some((open) => open.type === type && open.id.startsWith(asked))
  );
}

function commandsOf(draft: Draft, step: WorkflowStep): readonly Command[] {
  const { context } = step;
  const { processId, stageEntry, expected, mode, faultType } = context;
  const { node } = draft.state;
  const event = nextEvent(draft);
  const issuedBy = eventIdOf(node, event);
  const reporter = draft.state.faults[faultType]?.sources[0];
  return step.actions
    .filter(isCommandAction)
    .filter((action) => !isAskedAlready(context, action.type))
    .map((action, index) => ({
      ...action,
      id: commandIdOf(processId, stageEntry, `${event.version}-${index}`),
      node,
      processId,
      stageEntry,
      expected,
      mode,
      faultType,
      ...(reporter === undefined ? {} : { reporter }),
      issuedBy,
    }));
}

/** Writes down where the workflow went, issues what it asks for, and goes on until nothing more follows by itself. */
export function follow(draft: Draft, step: WorkflowStep): void {
  const { process } = draft.state;
  if (process === undefined) throw new TypeError(`no process of ${draft.state.node} to follow`);
  const entered = process.context.stageEntry !== step.context.stageEntry;
  const commands = commandsOf(draft, step);
  const issued: readonly OpenCommand[] = commands.map(({ id, type }) => ({ id, type }));
  const due = timersOf(draft, step, entered);
  const { timersDue, timersSetAnew: _early, ...kept } = step.context;
  const context: ProcessContext = {
    ...(entered ? kept : step.context),
    open: [...step.context.open, ...issued],
    timersDue: entered ? due : { ...timersDue, ...due },
  };
  const here = nextEvent(draft);
  record(
    draft,
    {
      type: entered ? 'StageEntered' : 'ProcessAdvanced',
      processId: process.id,
      data: {
        workflow: process.workflow,
        stage: step.stage,
        stageEntry: context.stageEntry,
        ...(issued.length === 0 ? {} : { commands: issued.map(({ id, type }) => ({ id, type })) }),
      },
    },
    (state) => ({
      ...state,
      process: { ...process, stage: step.stage, context, ...(entered ? { enteredBy: here } : {}) },
    }),
  );
  draft.commands.push(...commands);
  setTimers(draft, context, due);
  for (const action of step.actions) carryOut(draft, action, step);
  if (step.ended) endProcess(draft, step.stage);
}

function carryOut(draft: Draft, action: RequestedAction, step: WorkflowStep): void {
  if (action.type === 'revokeOpenCommands') draft.revoke.push(...step.context.open.map((open) => open.id));
  else if (action.type === 'askPerson') askPerson(draft, step);
  else if (action.type === 'announceMigration') announceMigration(draft);
  else if (action.type === 'climbLadder') climbLadder(draft);
  else if (action.type === 'replaceWorkflow') takeOver(draft);
}

function askPerson(draft: Draft, step: WorkflowStep): void {
  record(draft, {
    type: 'PersonAsked',
    processId: step.context.processId,
    data: { reason: step.context.waitingFor ?? 'unknown', orders: [...ordersOfStage.waitingForPerson] },
  });
}

function announceMigration(draft: Draft): void {
  const { process } = draft.state;
  if (process === undefined) return;
  const { context } = process;
  const requestId = migrationRequestIdOf(process.id, context.stageEntry);
  record(
    draft,
    {
      type: 'MigrationRequested',
      processId: process.id,
      data: {
        requestId,
        stageEntry: context.stageEntry,
        reason: context.faultType,
        deadlineMs: Math.max(context.recipe.evacuationDeadlineMs, context.recipe.minimumNoticeMs),
        ...(context.expected.nodeUid === undefined ? {} : { nodeUid: context.expected.nodeUid }),
        pods: context.pods.map(({ namespace, name, uid }) => ({ namespace, name, uid })),
      },
    },
    (state) => ({
      ...state,
      process: { ...process, context: { ...context, migrationRequestId: requestId } },
    }),
  );
}

/** The next rung that may still be tried; without one the workflow hears that and asks a person. */
function climbLadder(draft: Draft): void {
  const { process } = draft.state;
  if (process === undefined) return;
  const { faultType } = process.context;
  if (strongerFault(draft.rules.policy, draft.state, draft.at) !== undefined) {
    takeOver(draft);
    return;
  }
  const next = chooseRung(draft.rules.policy, draft.state, faultType, { from: process.rung, at: draft.at });
  if (next === undefined) {
    tellProcess(draft, { type: 'ladder.exhausted', at: draft.at, reason: `${faultType} is still there` });
  } else {
    replaceWorkflow(draft, { process, faultType, next, reason: 'NotRecovered' });
  }
}

function takeOver(draft: Draft): void {
  const { process } = draft.state;
  if (process === undefined) return;
  const strongest = faultsToHandle(draft.rules.policy, draft.state)[0];
  const faultType = strongest?.type ?? process.context.faultType;
  const next = chooseRung(draft.rules.policy, draft.state, faultType, { from: 0, at: draft.at });
  if (next === undefined) {
    tellProcess(draft, {
      type: 'ladder.exhausted',
      at: draft.at,
      reason: `attempts for ${faultType} are used up`,
    });
  } else {
    replaceWorkflow(draft, { process, faultType, next, reason: 'StrongerFault' });
  }
}

/** The boot on which a fault was last reported, as far as that is remembered: of those that a condition shows it is not. */
function bootOf(fault: Fault | undefined): BootId | undefined {
  return fault === undefined || fault.stillFiring !== undefined
    ? undefined
    : (fault.outlived ?? fault.bootId);
}

/** Another workflow goes on with the same process: same id, same taint, no return in between. */
function replaceWorkflow(
  draft: Draft,
  change: {
    readonly process: ActiveProcess;
    readonly faultType: FaultType;
    readonly next: ChosenRung;
    readonly reason: 'NotRecovered' | 'StrongerFault';
  },
): void {
  const { process, faultType, next } = change;
  const {
    cancelReason: _cancel,
    settleTo: _settle,
    stillFiring: _firing,
    distrusted: _distrusted,
    reportedBootId: seenBefore,
    fresh: _fresh,
    ...kept
  } = process.context;
  const fault = draft.state.faults[faultType];
  const reportedBootId = faultType === process.context.faultType ? seenBefore : bootOf(fault);
  const isSeenBefore = !kept.isolated && fault?.late === true;
  // Until it holds the node it is held against what shows its fault, as is a process that begins with it.
  const stillFiring = kept.isolated ? undefined : fault?.stillFiring;
  const context: ProcessContext = {
    ...kept,
    ...(reportedBootId === undefined ? {} : { reportedBootId }),
    ...(stillFiring === undefined ? {} : { stillFiring }),
    faultType,
    recipe: draft.rules.policy.recipes[faultType],
    healthy: 0,
    ...(isSeenBefore ? {} : { fresh: true as const }),
    mode: modeOf(draft.rules.policy, draft.state, faultType),
  };
  const workflowVersion = activeVersion[next.workflow];
  record(
    draft,
    {
      type: 'WorkflowChanged',
      processId: process.id,
      data: { from: process.workflow, to: next.workflow, faultType, reason: change.reason },
    },
    (state) => ({
      ...state,
      attempts: withAttempt(state, { workflow: next.workflow, faultType, at: draft.at }),
      process: { ...process, workflow: next.workflow, workflowVersion, rung: next.rung, context },
    }),
  );
  follow(draft, begin(next.workflow, workflowVersion, context));
}
