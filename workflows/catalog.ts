import { createActor, type SnapshotFrom } from 'xstate';

import type { ProcessContext, WorkflowName } from '../domain/node-state.js';
import { componentRestart } from './component-restart.js';
import type { WorkflowEvent } from './events.js';
import { hardwareRepair } from './hardware-repair.js';
import { isStage, type Stage } from './orders.js';
import type { defineWorkflow } from './maintenance.js';
import { reboot } from './reboot.js';
import { reclaim } from './reclaim.js';
import { reinstall } from './reinstall.js';

export type Workflow = ReturnType<typeof defineWorkflow>;

/** Every machine that some process may be pinned to, by name and version. Old versions stay until no process runs them. */
const machines: Readonly<Record<WorkflowName, Readonly<Record<string, Workflow>>>> = {
  reclaim: { '1': reclaim },
  'component-restart': { '1': componentRestart },
  reboot: { '1': reboot },
  reinstall: { '1': reinstall },
  'hardware-repair': { '1': hardwareRepair },
};

/**
 * The version that new processes are pinned to. A new machine ships dormant: the release that adds it to `machines`
 * leaves this as it is; the next one, rolled out when every copy runs the first, activates it here. Then no process is
 * pinned to what some copy does not know, and a roll-back by one release still knows all that runs.
 */
export const activeVersion: Readonly<Record<WorkflowName, string>> = {
  reclaim: '1',
  'component-restart': '1',
  reboot: '1',
  reinstall: '1',
  'hardware-repair': '1',
};

/** This copy does not know the machine a process is pinned to: the node waits for a copy that does. */
export class UnknownWorkflow extends Error {
  override readonly name = 'UnknownWorkflow';
  constructor(workflow: string, version: string) {
    super(`workflow ${workflow} version ${version} is not known to this copy: run a release that ships it`);
  }
}

/** An effect that a stage asked for: a declared action with its parameters. */
export interface RequestedAction {
  readonly type: string;
  readonly parameters: unknown;
}

export interface WorkflowStep {
  readonly stage: Stage;
  readonly context: ProcessContext;
  readonly actions: readonly RequestedAction[];
  readonly ended: boolean;
}

export function knowsWorkflow(workflow: WorkflowName, version: string): boolean {
  return Object.hasOwn(machines, workflow) && Object.hasOwn(machines[workflow], version);
}

/** Throws UnknownWorkflow. */
export function machineOf(workflow: WorkflowName, version: string): Workflow {
  const machine = knowsWorkflow(workflow, version) ? machines[workflow][version] : undefined;
  if (machine === undefined) throw new UnknownWorkflow(workflow, version);
  return machine;
}

/** Nobody runs a machine here, but it asks for an actor; made once, since making one costs more than most steps. */
const actors = new WeakMap<Workflow, ReturnType<typeof createActor<Workflow>>>();

function actorOf(machine: Workflow, input: ProcessContext): ReturnType<typeof createActor<Workflow>> {
  const known = actors.get(machine);
  if (known !== undefined) return known;
  const made = createActor(machine, { input });
  actors.set(machine, made);
  return made;
}

type Scope = Parameters<Workflow['transition']>[2];

/** What xstate's `transition` does, with an actor that is there already. */
function taking(
  machine: Workflow,
  context: ProcessContext,
  move: (scope: Scope) => SnapshotFrom<Workflow>,
): WorkflowStep {
  const actor = actorOf(machine, context);
  const actions: RequestedAction[] = [];
  const nothing = (): void => undefined;
  const snapshot = move({
    self: actor,
    system: actor.system,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    stopChild: nothing,
    emit: nothing,
    actionExecutor: ({ type, params }) => {
      actions.push({ type, parameters: params });
    },
  });
  const stage: unknown = snapshot.value;
  if (typeof stage !== 'string' || !isStage(stage)) {
    throw new TypeError(`${JSON.stringify(stage)} is not a stage: list it in workflows/orders.ts`);
  }
  return { stage, context: snapshot.context, actions, ended: snapshot.status === 'done' };
}

/** Enters the workflow. Pure. */
export function begin(workflow: WorkflowName, version: string, context: ProcessContext): WorkflowStep {
  const machine = machineOf(workflow, version);
  return taking(machine, context, (scope) => machine.getInitialSnapshot(scope, context));
}

/** One event, run to completion. Pure: same stage, context and event, same step. */
export function advance(
  workflow: WorkflowName,
  version: string,
  from: { readonly stage: string; readonly context: ProcessContext },
  event: WorkflowEvent,
): WorkflowStep {
  const machine = machineOf(workflow, version);
  const snapshot = machine.resolveState({ value: from.stage, context: from.context });
  return taking(machine, from.context, (scope) => machine.transition(snapshot, event, scope));
}
