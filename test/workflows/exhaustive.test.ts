import { beforeAll, describe, expect, it } from 'vitest';
import { workflowNames } from '../../domain/node-state.js';
import { activeVersion, machineOf } from '../../workflows/catalog.js';
import { explore, stuck, type Explored } from './search/explore.js';
import { ownArrivals } from './search/inputs.js';
import { beginnings, type Position } from './search/position.js';
import { contextOf, recipe } from './workflow-spec.js';

/** What every process can meet, from every beginning: nothing of it is drawn, all of it is tried. */
let explored: Explored;

function shown({ workflow, stage, open, timers, context }: Position): string {
  const { recipe: _recipe, open: _open, ...rest } = context;
  return JSON.stringify({ workflow, stage, open, timers, ...rest });
}

beforeAll(() => {
  // A late report comes by way of a look at the node; where pods may be deleted there is one stage more.
  const { fresh: _fresh, ...late } = contextOf({ recipe: { ...recipe, whenOverdue: 'delete' } });
  const contexts = [late, { ...late, exhausted: true as const }];
  explored = explore(
    contexts.flatMap((context) => workflowNames.flatMap((name) => beginnings(name, context))),
  );
  const { positions, steps } = explored;
  process.stdout.write(`machines: ${positions.size} positions, ${steps} events tried\n`);
}, 300_000);

describe('the machines, exhaustively', () => {
  it('no event throws wherever a process can be, and none runs for ever', () => {
    expect(explored.thrown).toEqual([]);
    expect(explored.positions.size).toBeGreaterThan(5_000);
  });

  it('from everywhere, what is sure to come can lead to an end or to a person', () => {
    expect(stuck(explored).map(shown)).toEqual([]);
  });

  it('who is neither at an end nor waiting for a person waits for something that is sure to come', () => {
    const idle = [...explored.positions.values()].filter(
      (position) =>
        !position.ended && position.stage !== 'waitingForPerson' && ownArrivals(position).length === 0,
    );
    expect(idle.map(shown)).toEqual([]);
  });

  it('every answer to a question of the present stage is heard there', () => {
    const unheard = new Set<string>();
    for (const position of explored.positions.values()) {
      const machine = machineOf(position.workflow, activeVersion[position.workflow]);
      const { stage: value, context } = position;
      const snapshot = machine.resolveState({ value, context });
      for (const { event, answers } of position.ended ? [] : ownArrivals(position)) {
        if (answers?.current !== true || machine.getTransitionData(snapshot, event).length > 0) continue;
        unheard.add(`${position.workflow} ${value}: ${event.type}`);
      }
    }
    // These say that all is as it was: the node speaks still, the people are not done.
    expect([...unheard].sort()).toEqual(
      [
        ...['reboot', 'reinstall', 'hardware-repair'].flatMap((workflow) =>
          ['evacuating', 'deletingWorkload'].map((stage) => `${workflow} ${stage}: observeNode.done`),
        ),
        'hardware-repair repairing: checkTicket.done',
      ].sort(),
    );
  });

  it('every stage of every workflow is reached', () => {
    const reached = new Set(
      [...explored.positions.values()].map(({ workflow, stage }) => `${workflow} ${stage}`),
    );
    const passing = ['preparingRepair', 'assessing', 'escalating', 'takingOver'];
    const missing = workflowNames.flatMap((workflow) =>
      Object.keys(machineOf(workflow, activeVersion[workflow]).states)
        .filter((stage) => !passing.includes(stage) && !reached.has(`${workflow} ${stage}`))
        .map((stage) => `${workflow} ${stage}`),
    );
    expect(missing).toEqual([]);
  });
});
