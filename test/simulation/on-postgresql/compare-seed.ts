import type { MemoryStore } from '../../../adapters/memory/journal/store.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import { seeded } from '../../../simulation/scheduler/seeded.js';
import { withoutRealTime } from '../../../simulation/schedules/forbidden.js';
import { playSeed } from '../../../simulation/schedules/try-seeds.js';
import { contentsOf, differenceOf, type Difference } from './contents.js';
import { Replay } from './replay.js';
import { storedInMemory } from './stored-in-memory.js';
import { storedOnPostgres } from './stored-on-postgres.js';
import { Tape } from './tape.js';

export interface Comparison {
  readonly seed: number;
  readonly calls: number;
  readonly facts: number;
  /** Undefined: every answer was the same, and so is all that is stored. */
  readonly difference: Difference | undefined;
}

/** Plays the schedule of a seed in memory, and does on an empty database what its parts did to their journal. */
export async function compareSeed(seed: number, connectionString: string): Promise<Comparison> {
  const tape = new Tape();
  const stores: MemoryStore[] = [];
  await withoutRealTime(() =>
    playSeed(seed, {
      overhear: tape.overhear,
      onBuilt: ({ installation }) => stores.push(installation.store),
    }),
  );
  const [store] = stores;
  const [first] = tape.recorded;
  if (store === undefined || first === undefined) throw new RangeError(`seed ${seed} did nothing`);
  const replay = new Replay(connectionString, seeded(seed, 'installation'));
  try {
    const difference = await replay.play(tape.recorded);
    const contents = await contentsOf(createMemoryJournal(first.handle.options, store));
    return {
      seed,
      calls: tape.recorded.length,
      facts: contents.get('facts')?.length ?? 0,
      difference:
        difference ??
        differenceOf(contents, await contentsOf(await replay.look(first.handle))) ??
        differenceOf(storedInMemory(store), await storedOnPostgres(connectionString)),
    };
  } finally {
    await replay.close();
  }
}
