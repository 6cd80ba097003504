import { beforeAll, describe, expect, it } from 'vitest';
import type { MachineId } from '../../domain/identifiers.js';
import { workflowNames, type ProcessContext } from '../../domain/node-state.js';
import { activeVersion, machineOf } from '../../workflows/catalog.js';
import { forgotten } from './search/contexts.js';
import { explore, stuck, type Explored, type World } from './search/explore.js';
import type { Position } from './search/position.js';
import { contextOf, recipe } from './workflow-spec.js';

/** A late report comes by way of a look at the node. */
const { fresh, ...late } = contextOf();

function everUsedUp(context: ProcessContext): readonly ProcessContext[] {
  return [context, { ...context, exhausted: true }];
}

interface NamedWorld extends World {
  readonly name: string;
  /** Stages that no process comes to there. */
  readonly without: readonly string[];
}

/** What a fault may be reported by, what a recipe may say and what a look may show: each stands in one of them. */
const worlds: readonly NamedWorld[] = [
  {
    name: 'agents report, and workload that is overdue is deleted',
    contexts: [late, { ...late, fresh }]
      .flatMap(everUsedUp)
      .map((context) => ({ ...context, recipe: { ...recipe, whenOverdue: 'delete' } })),
    surroundings: {},
    without: [],
  },
  {
    name: 'conditions report, machines have ids and images, and repairs are done while they run',
    contexts: (['KernelDeadlock', 'Ready'] as const)
      .map((condition) => ({ condition, status: condition === 'Ready' ? 'Unknown' : 'True' }) as const)
      .flatMap((stillFiring) => everUsedUp({ ...late, stillFiring }))
      .map((context) => ({ ...context, recipe: { ...recipe, image: 'os-7', repairBy: 'ticket' } })),
    surroundings: { machineId: 'machine-1' as MachineId, image: 'os-7' },
    without: ['deletingWorkload'],
  },
];
/** FAULTLINE_WORLDS=1 on other versions of Node, since it tries our logic and not Node. */
const tried = worlds.slice(0, Number(process.env['FAULTLINE_WORLDS'] ?? worlds.length));

/** Stages that nobody stays in. */
const passing = ['preparingRepair', 'assessing', 'escalating', 'takingOver'];

function shown({ workflow, stage, open, timers, context }: Position): string {
  const { recipe: _recipe, open: _open, ...rest } = context;
  return JSON.stringify({ workflow, stage, open, timers, ...rest });
}

/** One position for each stage of each workflow and each context; of some it is enough to look at one in so many. */
function placesOf({ positions, machines }: Explored, oneIn: number): readonly Position[] {
  const places = new Map([...positions.values()].map((position) => [machines.keyOf(position), position]));
  const seen = new Map<string, number>();
  return [...places.values()].filter(({ workflow, stage, ended }) => {
    const name = `${workflow} ${stage}`;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return !ended && before % oneIn === 0;
  });
}

/** What every process can meet, from every beginning: nothing of it is drawn, all of it is tried. */
describe.each(tried)('the machines, exhaustively, where $name', (world) => {
  let explored: Explored;
  beforeAll(() => {
    explored = explore(world);
    const { positions, steps } = explored;
    process.stdout.write(
      `machines: ${positions.size} positions, ${steps} events tried, where ${world.name}\n`,
    );
  }, 600_000);

  it('no event throws wherever a process can be, and none runs for ever', () => {
    expect(explored.thrown).toEqual([]);
    expect(explored.positions.size).toBeGreaterThan(20_000);
  });

  it('from everywhere, what is sure to come can lead to an end or to a person', () => {
    expect(stuck(explored).map(shown)).toEqual([]);
  });

  it('who is neither at an end nor waiting for a person waits for something that is sure to come', () => {
    const idle = [...explored.positions.values()].filter(
      (position) =>
        !position.ended &&
        position.stage !== 'waitingForPerson' &&
        explored.inputs.own(position).length === 0,
    );
    expect(idle.map(shown)).toEqual([]);
  });

  it('every answer to a question of the present stage is heard there', () => {
    const unheard = new Set<string>();
    for (const position of explored.positions.values()) {
      const machine = machineOf(position.workflow, activeVersion[position.workflow]);
      const { stage: value, context } = position;
      const snapshot = machine.resolveState({ value, context });
      for (const { event, answers } of position.ended ? [] : explored.inputs.own(position)) {
        if (answers?.current !== true || machine.getTransitionData(snapshot, event).length > 0) continue;
        unheard.add(`${position.workflow} ${value}: ${event.type}`);
      }
    }
    // These say that all is as it was: the node speaks still, the people are not done.
    const asItWas = ['reboot', 'reinstall', 'hardware-repair'].flatMap((workflow) =>
      ['evacuating', 'deletingWorkload']
        .filter((stage) => !world.without.includes(stage))
        .map((stage) => `${workflow} ${stage}: observeNode.done`),
    );
    expect([...unheard].sort()).toEqual([...asItWas, 'hardware-repair repairing: checkTicket.done'].sort());
  });

  it('a machine goes nowhere else by what a position leaves out: none that it can tell apart are taken for one', () => {
    const { machines, inputs } = explored;
    const elsewhere = new Set<string>();
    for (const position of placesOf(explored, 30)) {
      const withAll = { ...position, context: { ...position.context, ...forgotten } };
      for (const { event } of [...inputs.own(position), ...inputs.foreign(position.stage)])
        for (const isOpen of [true, false]) {
          const { context, ...move } = machines.move(position, isOpen, event);
          const { context: otherContext, ...other } = machines.moveAnew(withAll, isOpen, event);
          if (context === otherContext && JSON.stringify(move) === JSON.stringify(other)) continue;
          elsewhere.add(`${position.workflow} ${position.stage}: ${event.type}`);
        }
    }
    expect([...elsewhere].sort()).toEqual([]);
  }, 120_000);

  it('every stage of every workflow is reached', () => {
    const reached = new Set(
      [...explored.positions.values()].map(({ workflow, stage }) => `${workflow} ${stage}`),
    );
    const missing = workflowNames.flatMap((workflow) =>
      Object.keys(machineOf(workflow, activeVersion[workflow]).states)
        .filter((stage) => ![...passing, ...world.without].includes(stage))
        .filter((stage) => !reached.has(`${workflow} ${stage}`))
        .map((stage) => `${workflow} ${stage}`),
    );
    expect(missing).toEqual([]);
  });
});
