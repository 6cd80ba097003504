import type { CommandType } from '../../../domain/command.js';
import type { ProcessContext, WorkflowName } from '../../../domain/node-state.js';
import { orderKinds } from '../../../domain/signal.js';
import { believedAgain } from '../../../services/maintenance/decide/believed-again.js';
import { activeVersion } from '../../../workflows/catalog.js';
import type { WorkflowEvent } from '../../../workflows/events.js';
import { isAskedTwice, type Machines, type Move, type Place } from './moves.js';

/** A command that has not answered yet. `current`: asked for by the present stage entry, so its answer reaches the machine. */
export interface Asked {
  readonly type: CommandType;
  readonly current: boolean;
}

/** Everything that decides how a process goes on: its machine, and what it waits for. */
export interface Position extends Place {
  readonly open: readonly Asked[];
  readonly timers: readonly string[];
  /** The log has not acknowledged the migration request yet. */
  readonly announcing: boolean;
  readonly ended: boolean;
}

const at = 1_000;
const exhausted: WorkflowEvent = { type: 'ladder.exhausted', at, reason: 'simulated' };
const workflows = Object.keys(activeVersion) as readonly WorkflowName[];

/** The ways between positions. */
export class Ways {
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  /** Positions that differ in nothing that any guard or effect looks at are one. */
  keyOf(position: Position): string {
    const { open, timers, announcing, ended } = position;
    const waits = [open.map(nameOf).join(), timers.join(), announcing, ended];
    return [this.#machines.keyOf(position), ...waits].join(';');
  }

  beginnings(workflow: WorkflowName, context: ProcessContext): readonly Position[] {
    const same = this.#machines.same(context);
    const nothing = { open: [], timers: [], announcing: false, ended: false };
    return this.#follow(
      { workflow, stage: '', context: same, ...nothing },
      workflow,
      this.#machines.begin(workflow, same),
    );
  }

  /** All positions that one event leads to: more than one where the ladder decides. */
  after(position: Position, event: WorkflowEvent, answered?: Asked): readonly Position[] {
    const open = answered === undefined ? position.open : without(position.open, answered);
    const timers = position.timers.filter((name) => event.type !== `timer.${name}`);
    const before: Position = { ...position, open, timers };
    // An answer to a question of an earlier stage only clears the way.
    if (answered?.current === false && position.stage !== 'settling')
      return [{ ...before, open: outstanding(position.stage, open) }];
    const move = this.#machines.move(this.#heard(position, event), open.length > 0, event);
    return this.#follow(before, position.workflow, move);
  }

  /** How `decide` tells the machine of an order. */
  #heard(position: Position, { type }: WorkflowEvent): Place {
    const order = orderKinds.find((kind) => type === `order.${kind}`);
    if (order === undefined || position.context.distrusted === undefined) return position;
    return { ...position, context: this.#machines.same(believedAgain(position, order)) };
  }

  /** What `decide` does with a step: notes what was asked for, and lets the ladder go on where the machine wants that. */
  #follow(before: Position, workflow: WorkflowName, move: Move): readonly Position[] {
    const { entered, stage, context, ended } = move;
    const open = entered ? before.open.map(({ type }) => ({ type, current: false })) : before.open;
    const issued = move.asked
      .filter((type) => isAskedTwice(type) || !open.some((one) => one.current && one.type === type))
      .map((type) => ({ type, current: true }));
    const position: Position = {
      workflow,
      stage,
      context,
      open: outstanding(stage, [...open, ...issued]),
      timers: [...new Set([...(entered ? [] : before.timers), ...move.timers])].sort(),
      announcing: move.announces || (!entered && before.announcing),
      ended,
    };
    return move.climbs ? this.#climbed(position) : [position];
  }

  /** The policy may name any workflow as the next, or none any more. */
  #climbed(position: Position): readonly Position[] {
    const begun = goingOn(position.context).flatMap((context) =>
      workflows.flatMap((workflow) => {
        const same = this.#machines.same(context);
        return this.#follow({ ...position, context: same }, workflow, this.#machines.begin(workflow, same));
      }),
    );
    return [...begun, ...this.after(position, exhausted)];
  }
}

/** What the next workflow knows of the one before: a fault of which only late reports are known has a node looked at first. */
function goingOn(context: ProcessContext): readonly ProcessContext[] {
  const {
    cancelReason: _cancel,
    settleTo: _settle,
    stillFiring: _firing,
    distrusted: _distrusted,
    fresh: _fresh,
    ...kept
  } = context;
  const late: ProcessContext = { ...kept, healthy: 0 };
  const fresh: ProcessContext = { ...late, fresh: true };
  return context.isolated ? [fresh] : [fresh, late];
}

function without(open: readonly Asked[], answered: Asked): readonly Asked[] {
  const place = open.findIndex((one) => one.type === answered.type && one.current === answered.current);
  return open.filter((_, index) => index !== place);
}

/** Answers to questions of earlier stages only clear the way, but for those that change what has to be taken back. */
const telling: readonly CommandType[] = ['isolateNode', 'powerOff', 'powerOn'];

function outstanding(stage: string, open: readonly Asked[]): readonly Asked[] {
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
