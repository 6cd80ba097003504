import { seeded } from './seeded.js';

/** How one call differs from one that is answered at once and well. */
export interface Deviation {
  /** ms until the other side acts. */
  readonly requestMs?: number;
  /** ms from the act to the answer. */
  readonly answerMs?: number;
  /** What goes wrong, by the name that the port gives it; `crash` is the caller's end. */
  readonly trouble?: string;
}

/** Which calls deviate, and how. `key` names one call of the whole run: part, verb and a running number. */
export interface Deviations {
  of(key: string, troubles: readonly string[]): Deviation | undefined;
  /** Whether whoever works on this trips over it. */
  trips(key: string): boolean;
  /** From now on everything works. */
  calm(): void;
}

/** How rough one schedule is. Each draws its own rates, so that some see one kind of trouble alone (swarm testing). */
interface Temper {
  readonly jitter: number;
  readonly slow: number;
  readonly trouble: number;
  readonly crash: number;
  readonly trips: number;
}

function temperOf(seed: number): Temper {
  const random = seeded(seed, 'temper');
  return {
    jitter: random.pick([0, 0.2, 0.5]),
    slow: random.pick([0, 0, 0.005, 0.02]),
    trouble: random.pick([0, 0, 0.01, 0.05, 0.15]),
    crash: random.pick([0, 0, 0.002, 0.01]),
    trips: random.pick([0, 0, 0, 0.01, 0.1]),
  };
}

/** Longer than any lease and most deadlines, so that whoever waits is overtaken by its successor. */
const slowMs = [20_000, 70_000, 200_000, 900_000] as const;

/** Draws deviations by seed and key alone: what one call does changes nothing about the draws of others. */
export function drawnDeviations(seed: number): Deviations & { readonly drawn: Map<string, Deviation> } {
  const temper = temperOf(seed);
  const drawn = new Map<string, Deviation>();
  let calm = false;
  return {
    drawn,
    calm: () => {
      calm = true;
    },
    of: (key, troubles) => {
      if (calm) return undefined;
      const deviation = draw(seed, key, troubles, temper);
      if (deviation !== undefined) drawn.set(key, deviation);
      return deviation;
    },
    trips: (key) => {
      const trips = !calm && seeded(seed, key).happens(temper.trips);
      if (trips) drawn.set(key, { trouble: 'trips' });
      return trips;
    },
  };
}

function draw(seed: number, key: string, troubles: readonly string[], temper: Temper): Deviation | undefined {
  const random = seeded(seed, key);
  if (random.happens(temper.crash)) return { trouble: random.pick(['crash-before', 'crash-after']) };
  if (troubles.length > 0 && random.happens(temper.trouble)) return { trouble: random.pick(troubles) };
  if (random.happens(temper.slow)) {
    const ms = random.pick(slowMs);
    return random.happens(0.5) ? { requestMs: ms } : { answerMs: ms };
  }
  if (random.happens(temper.jitter)) {
    return { requestMs: random.between(0, 50), answerMs: random.between(0, 50) };
  }
  return undefined;
}

/** Exactly these deviations and no others: to repeat, and to shrink, what was drawn before. */
export function listedDeviations(listed: ReadonlyMap<string, Deviation>): Deviations {
  let calm = false;
  return {
    calm: () => {
      calm = true;
    },
    of: (key) => (calm ? undefined : listed.get(key)),
    trips: (key) => !calm && listed.has(key),
  };
}
