import { describe, expect, it } from 'vitest';

import { commandTypes, resultStatuses } from '../../domain/command.js';
import { repairWorkflowNames, workflowNames } from '../../domain/node-state.js';
import { orderKinds } from '../../domain/signal.js';
import { activeVersion, advance, begin, machineOf } from '../../workflows/catalog.js';
import type { WorkflowEvent } from '../../workflows/events.js';
import { isStage, outcomeOfStage, stages, takesOrder, type Stage } from '../../workflows/orders.js';
import {
  cleared,
  deleted,
  announced,
  observed,
  order,
  pod,
  replied,
  result,
  stronger,
  timer,
} from './events.js';
import { contextOf } from './workflow-spec.js';

const passing: readonly string[] = ['preparingRepair'];
const everyEvent: readonly WorkflowEvent[] = [
  ...commandTypes.flatMap((type) =>
    resultStatuses.map((status) => result(type, status, { observation: observed(), pods: [pod] })),
  ),
  ...orderKinds.map(order),
  ...(
    [
      'workload-check',
      'evacuation-deadline',
      'workload-gone-deadline',
      'repair-check',
      'repair-deadline',
    ] as const
  ).map(timer),
  ...(['boot-check', 'boot-deadline', 'verify-check', 'verify-deadline'] as const).map(timer),
  cleared,
  stronger,
  deleted,
  announced,
  replied('moved'),
];

describe.each(workflowNames)('%s', (workflow) => {
  const version = activeVersion[workflow];
  const own = Object.keys(machineOf(workflow, version).states).filter((stage) => !passing.includes(stage));
  const living = own.filter(
    (stage): stage is Stage => isStage(stage) && !Object.hasOwn(outcomeOfStage, stage),
  );

  it('is listed under the name and version that it gives itself', () => {
    expect(machineOf(workflow, version)).toMatchObject({ id: workflow, version });
  });

  it('has no stage without a line in the table of orders', () => {
    expect(own.filter((stage) => !isStage(stage))).toEqual([]);
  });

  it.each(living)('hears every input in %s without throwing, twice too', (stage) => {
    for (const event of everyEvent) {
      const context = contextOf({ isolated: true, stageEntry: 3 });
      const once = advance(workflow, version, { stage, context }, event);
      expect(stages).toContain(once.stage);
      if (!once.ended) expect(stages).toContain(advance(workflow, version, once, event).stage);
    }
  });

  it.each(living)('takes in %s the orders of the table; decide lets no others through', (stage) => {
    for (const kind of orderKinds) {
      const context = contextOf({ isolated: true, stageEntry: 3 });
      const step = advance(workflow, version, { stage, context }, order(kind));
      if (stage !== 'settling' && takesOrder(stage, kind)) expect(step.context.stageEntry).toBeGreaterThan(3);
    }
  });
});

it.each(['9', 'constructor'])(
  'a process of a machine that this copy does not ship is refused (version %s)',
  (version) => {
    const refusal = expect.objectContaining({ name: 'UnknownWorkflow' }) as Error;
    expect(() => machineOf('reboot', version)).toThrow(refusal);
  },
);

it.each(repairWorkflowNames)('%s isolates before anything else when the report is fresh', (workflow) => {
  const step = begin(workflow, activeVersion[workflow], contextOf());
  expect(step.stage).toBe('isolating');
  expect(step.actions.map((action) => action.type)).toEqual(['isolateNode']);
});

it('no order leads past verification', () => {
  for (const workflow of workflowNames) {
    const version = activeVersion[workflow];
    for (const stage of Object.keys(machineOf(workflow, version).states)) {
      if (!isStage(stage) || Object.hasOwn(outcomeOfStage, stage) || !takesOrder(stage, 'skip')) continue;
      for (const poweredOff of [undefined, true] as const) {
        const context = contextOf({ isolated: true, stageEntry: 3, poweredOff });
        const step = advance(workflow, version, { stage, context }, order('skip'));
        expect(['verifying', 'poweringOn']).toContain(step.stage);
      }
    }
  }
});

describe.each(workflowNames)('%s version 1, as release 0.2.0 left it to its processes', (workflow) => {
  it.each([order('retry'), order('skip'), order('repaired'), cleared])(
    'does not take back by itself what a person dismissed ($type): two releases side by side would decide otherwise',
    (event) => {
      const context = contextOf({ isolated: true, distrusted: 'KernelDeadlock', waitingFor: 'a person' });
      const step = advance(workflow, '1', { stage: 'waitingForPerson', context }, event);
      expect(step.stage).not.toBe('waitingForPerson');
      expect(step.context.distrusted).toBe('KernelDeadlock');
    },
  );
});
