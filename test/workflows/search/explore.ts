import { after, keyOf, type Position } from './position.js';
import { foreignArrivals, ownArrivals, type Arrival } from './inputs.js';

export interface Explored {
  readonly positions: ReadonlyMap<string, Position>;
  /** Where each position can get by what is sure to come by itself. */
  readonly ownWays: ReadonlyMap<string, ReadonlySet<string>>;
  /** Events tried. */
  readonly steps: number;
  /** What threw, with where. */
  readonly thrown: readonly string[];
}

/** Breadth first: every position that any order of events can lead to. */
export function explore(beginnings: readonly Position[]): Explored {
  const positions = new Map(beginnings.map((position) => [keyOf(position), position]));
  const ownWays = new Map<string, Set<string>>();
  const thrown: string[] = [];
  const queue = [...positions.keys()];
  let steps = 0;
  const go = (position: Position, { event, answers }: Arrival): readonly string[] => {
    steps += 1;
    try {
      return after(position, event, answers).map((next) => {
        const key = keyOf(next);
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
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const position = positions.get(key);
    if (position === undefined || position.ended) continue;
    ownWays.set(key, new Set(ownArrivals(position).flatMap((arrival) => go(position, arrival))));
    for (const arrival of foreignArrivals(position)) go(position, arrival);
  }
  return { positions, ownWays, steps, thrown };
}

/** Positions from which no order of sure events leads to an end or to a person. */
export function stuck({ positions, ownWays }: Explored): readonly Position[] {
  const backwards = new Map<string, string[]>();
  for (const [from, ways] of ownWays)
    for (const to of ways) backwards.set(to, [...(backwards.get(to) ?? []), from]);
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
