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
import { normalContext } from './contexts.js';

/** What a machine looks at. */
export interface Place {
  readonly workflow: WorkflowName;
  readonly stage: string;
  /** One object for all contexts that are the same. */
  readonly context: ProcessContext;
}

/** What a machine does by one event, as far as anything that follows depends on it. */
export interface Move {
  readonly stage: string;
  readonly context: ProcessContext;
  /** Another stage, or the same one anew. */
  readonly entered: boolean;
  readonly asked: readonly CommandType[];
  readonly timers: readonly string[];
  readonly announces: boolean;
  readonly climbs: boolean;
  readonly ended: boolean;
}

const anOpenOne: ProcessContext['open'] = [{ id: 'p-1.1.0' as CommandId, type: 'observeNode' }];

/**
 * The machines, each asked once: many positions differ only in what they wait for, and of that a machine asks only whether a
 * command is open.
 */
export class Machines {
  readonly #contexts = new Map<string, ProcessContext>();
  readonly #numbers = new Map<ProcessContext, number>();
  readonly #begun = new Map<string, Move>();
  readonly #moves = new Map<string, Map<WorkflowEvent, Move>>();

  /** Whichever context the machine can't tell from this one, as one object. */
  same(context: ProcessContext): ProcessContext {
    const normal = normalContext(context);
    // A recipe is one per world, and longer than all the rest.
    const { recipe: _same, ...members } = normal;
    const key = JSON.stringify(members);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    this.#contexts.set(key, normal);
    this.#numbers.set(normal, this.#numbers.size);
    return normal;
  }

  /** Names a place. */
  keyOf({ workflow, stage, context }: Place): string {
    return `${workflow} ${stage} ${this.#numbers.get(context)}`;
  }

  begin(workflow: WorkflowName, context: ProcessContext): Move {
    const key = this.keyOf({ workflow, stage: '', context });
    const begun =
      this.#begun.get(key) ?? this.#moveBy(begin(workflow, activeVersion[workflow], context), context);
    this.#begun.set(key, begun);
    return begun;
  }

  move(place: Place, isOpen: boolean, event: WorkflowEvent): Move {
    const key = `${this.keyOf(place)} ${isOpen}`;
    const known = this.#moves.get(key) ?? new Map<WorkflowEvent, Move>();
    if (known.size === 0) this.#moves.set(key, known);
    const moved = known.get(event) ?? this.moveAnew(place, isOpen, event);
    known.set(event, moved);
    return moved;
  }

  /** The same, asked of the machine in any case. */
  moveAnew({ workflow, stage, context }: Place, isOpen: boolean, event: WorkflowEvent): Move {
    const from = { stage, context: { ...context, open: isOpen ? anOpenOne : [] } };
    return this.#moveBy(advance(workflow, activeVersion[workflow], from, event), context);
  }

  #moveBy(step: WorkflowStep, before: ProcessContext): Move {
    const types = step.actions.map(({ type }) => type);
    return {
      stage: step.stage,
      context: this.same(step.context),
      entered: step.context.stageEntry !== before.stageEntry,
      asked: types.flatMap((type) => commandTypes.filter((known) => known === type)),
      timers: step.actions.flatMap(timerOf),
      announces: types.includes('announceMigration'),
      climbs: types.includes('climbLadder') || types.includes('replaceWorkflow'),
      ended: step.ended,
    };
  }
}

/** Whether the command is asked for anew although one of its kind is not answered yet. */
export function isAskedTwice(type: CommandType): boolean {
  return commandCatalog[type].writes;
}

function timerOf({ type, parameters }: RequestedAction): readonly string[] {
  return type === 'startTimer' &&
    typeof parameters === 'object' &&
    parameters !== null &&
    'name' in parameters
    ? [String(parameters.name)]
    : [];
}
