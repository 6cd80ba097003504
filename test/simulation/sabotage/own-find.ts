/** A seed whose schedule breaks a promise. */
export interface Find {
  readonly seed: number;
  /** The promise, as its invariant names it. */
  readonly invariant: string;
}

export interface Search {
  /** Seconds that are left to seek in. */
  readonly left: () => number;
  /** Plays seeds from this one on against the bug; undefined: none showed anything in this time. */
  readonly planted: (firstSeed: number, seconds: number) => Promise<Find | undefined>;
  /** What the schedule of this seed breaks without the bug; undefined: nothing. */
  readonly unplanted: (seed: number) => Promise<string | undefined>;
}

export interface Sought {
  readonly find: Find | undefined;
  /** Seeds that fail in the same way without the bug: what they show is not the bug. */
  readonly void: readonly Find[];
}

/** The first seed that fails because of the bug, and not by itself. */
export async function ownFind({ left, planted, unplanted }: Search): Promise<Sought> {
  const failsAnyway: Find[] = [];
  for (let seed = 1; left() > 0;) {
    const find = await planted(seed, left());
    if (find === undefined) break;
    if ((await unplanted(find.seed)) !== find.invariant) return { find, void: failsAnyway };
    failsAnyway.push(find);
    seed = find.seed + 1;
  }
  return { find: undefined, void: failsAnyway };
}
