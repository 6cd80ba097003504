import { workflowNames, type ProcessContext } from '../../../domain/node-state.js';
import { Inputs, type Arrival, type Surroundings } from './inputs.js';
import { Machines } from './moves.js';
import { Ways, type Position } from './position.js';

/** Where processes begin, and what looks at their nodes show. */
export interface World {
  readonly contexts: readonly ProcessContext[];
  readonly surroundings: Surroundings;
}

export interface Explored {
  readonly machines: Machines;
  readonly inputs: Inputs;
  readonly positions: ReadonlyMap<string, Position>;
  /** Where each position can get by what is sure to come by itself. */
  readonly ownWays: ReadonlyMap<string, ReadonlySet<string>>;
  /** Events tried. */
  readonly steps: number;
  /** What threw, with where. */
  readonly thrown: readonly string[];
}

/** Breadth first: every position that any order of events can lead to, from every workflow's beginning. */
export function explore({ contexts, surroundings }: World): Explored {
  const machines = new Machines();
  const inputs = new Inputs(surroundings);
  const ways = new Ways(machines);
  const beginnings = contexts.flatMap((context) =>
    workflowNames.flatMap((workflow) => ways.beginnings(workflow, context)),
  );
  const positions = new Map(beginnings.map((position) => [ways.keyOf(position), position]));
  const ownWays = new Map<string, Set<string>>();
  const thrown: string[] = [];
  const queue = [...positions.keys()];
  let steps = 0;
  const go = (position: Position, { event, answers }: Arrival): readonly string[] => {
    steps += 1;
    try {
      return ways.after(position, event, answers).map((next) => {
        const key = ways.keyOf(next);
        if (!positions.has(key)) {
          positions.set(key, next);
          queue.push(key);
        }
        return key;
      });
    } catch (error) {
      thrown.push(`${position.workflow} ${position.stage} ${event.type}: ${String(error)}`);
      return [];
    }
  };
  // It grows while it is read: to take each one off its front costs as much as what is done with it.
  for (const key of queue) {
    const position = positions.get(key);
    if (position === undefined || position.ended) continue;
    ownWays.set(key, new Set(inputs.own(position).flatMap((arrival) => go(position, arrival))));
    for (const arrival of inputs.foreign(position.stage)) go(position, arrival);
  }
  return { machines, inputs, positions, ownWays, steps, thrown };
}

/** Positions from which no order of sure events leads to an end or to a person. */
export function stuck({ positions, ownWays }: Explored): readonly Position[] {
  const backwards = new Map<string, string[]>();
  for (const [from, ways] of ownWays)
    for (const to of ways) {
      const known = backwards.get(to);
      if (known === undefined) backwards.set(to, [from]);
      else known.push(from);
    }
  const good = [...positions].filter(([, { ended, stage }]) => ended || stage === 'waitingForPerson');
  const reaching = new Set(good.map(([key]) => key));
  const queue = [...reaching];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const from of backwards.get(key) ?? []) {
      if (reaching.has(from)) continue;
      reaching.add(from);
      queue.push(from);
    }
  }
  return [...positions].filter(([key]) => !reaching.has(key)).map(([, position]) => position);
}
