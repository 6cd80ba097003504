import type { MemoryStore } from '../../../adapters/memory/journal/store.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import { seeded } from '../../../simulation/scheduler/seeded.js';
import { withoutRealTime } from '../../../simulation/schedules/forbidden.js';
import { playSeed } from '../../../simulation/schedules/try-seeds.js';
import { contentsOf, differenceOf, type Difference } from './contents.js';
import { Replay } from './replay.js';
import { storedInMemory } from './stored-in-memory.js';
import { storedOnPostgres } from './stored-on-postgres.js';
import { Tape, type Recorded } from './tape.js';

export interface Comparison {
  readonly seed: number;
  readonly calls: number;
  readonly facts: number;
  /** Undefined: every answer was the same, and so is all that is stored. */
  readonly difference: Difference | undefined;
}

/** Plays the schedule of a seed in memory, and does on empty databases what its parts did to their journals. */
export async function compareSeed(seed: number, createDatabase: () => Promise<string>): Promise<Comparison> {
  const tape = new Tape();
  await withoutRealTime(() => playSeed(seed, { overhear: tape.overhear }));
  let [calls, facts] = [0, 0];
  for (const [store, recorded] of tape.recorded) {
    const compared = await compareJournal(store, recorded, await createDatabase());
    calls += recorded.length;
    facts += compared.facts;
    if (compared.difference !== undefined) return { seed, calls, facts, difference: compared.difference };
  }
  return { seed, calls, facts, difference: undefined };
}

async function compareJournal(
  store: MemoryStore,
  recorded: readonly Recorded[],
  connectionString: string,
): Promise<Pick<Comparison, 'facts' | 'difference'>> {
  const [first] = recorded;
  if (first === undefined) return { facts: 0, difference: undefined };
  const replay = new Replay(connectionString, seeded(1, 'installation'));
  try {
    const difference = await replay.play(recorded);
    const contents = await contentsOf(createMemoryJournal(first.handle.options, store));
    return {
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
