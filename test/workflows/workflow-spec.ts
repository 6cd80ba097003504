import { expect } from 'vitest';

import type { CommandType } from '../../domain/command.js';
import { commandTypes } from '../../domain/command.js';
import type { NodeUid, ProcessId } from '../../domain/identifiers.js';
import type { ProcessContext, Recipe, WorkflowName } from '../../domain/node-state.js';
import { activeVersion, advance, begin, type WorkflowStep } from '../../workflows/catalog.js';
import type { WorkflowEvent } from '../../workflows/events.js';
import type { Stage } from '../../workflows/orders.js';

export const recipe: Recipe = {
  cordon: true,
  component: 'kubelet',
  image: '',
  evacuationDeadlineMs: 600_000,
  minimumNoticeMs: 60_000,
  whenOverdue: 'person',
  workloadCheckMs: 30_000,
  bootDeadlineMs: 900_000,
  repairDeadlineMs: 604_800_000,
  repairCheckMs: 3_600_000,
  verifyIntervalMs: 30_000,
  verifyDeadlineMs: 1_800_000,
  healthyObservations: 2,
  stageMaximumAgeMs: 86_400_000,
  repairBy: 'power-off-and-ticket',
};

export function contextOf(overrides: Partial<ProcessContext> = {}): ProcessContext {
  return {
    processId: 'p-aaaaaaaaaaaaaaaa' as ProcessId,
    faultType: 'KernelDeadlock',
    stageEntry: 0,
    enteredAt: 1,
    mode: 'active',
    recipe,
    expected: { nodeUid: 'u1' as NodeUid },
    isolated: false,
    pods: [],
    open: [],
    healthy: 0,
    fresh: true,
    ...overrides,
  };
}

interface Expectation {
  readonly stage: Stage;
  /** Commands asked for by the last event, all of them, in order. */
  readonly commands?: readonly CommandType[];
  readonly timers?: readonly string[];
  readonly context?: Partial<ProcessContext>;
}

function namesOf(step: WorkflowStep): readonly CommandType[] {
  return step.actions
    .map((action) => commandTypes.find((type) => type === action.type))
    .filter((type): type is CommandType => type !== undefined);
}

function timersOf(step: WorkflowStep): readonly unknown[] {
  return step.actions
    .filter((action) => action.type === 'startTimer')
    .map((action) => JSON.parse(JSON.stringify(action.parameters)) as unknown)
    .map((parameters) => (parameters as { name: string }).name);
}

/** Given events, when one more, then all that follows: nothing more and nothing less. */
export function workflowSpec(workflow: WorkflowName, overrides: Partial<ProcessContext> = {}) {
  const version = activeVersion[workflow];
  const run = (events: readonly WorkflowEvent[]): WorkflowStep =>
    events.reduce(
      (step, event) => advance(workflow, version, step, event),
      begin(workflow, version, contextOf(overrides)),
    );
  return {
    given: (...events: readonly WorkflowEvent[]) => ({
      when: (event: WorkflowEvent) => ({
        then: (expected: Expectation) => {
          const step = run([...events, event]);
          expect(step.stage).toBe(expected.stage);
          expect(namesOf(step)).toEqual(expected.commands ?? []);
          if (expected.timers !== undefined) expect(timersOf(step)).toEqual(expected.timers);
          if (expected.context !== undefined) expect(step.context).toMatchObject(expected.context);
        },
      }),
    }),
  };
}
