import type { JournalOptions, OpenJournal } from '../../../adapters/journal/options.js';
import type { MemoryStore } from '../../../adapters/memory/journal/store.js';
import type { OutboxEntry } from '../../../adapters/ports/journal.js';
import type { Overhear } from '../../../simulation/parts/ports.js';
import { overheardJournal, type Listen } from './overheard-journal.js';

/** What came of a call. */
export type Answer =
  { readonly kind: 'answered'; readonly value: unknown } | { readonly kind: 'failed'; readonly error: Error };

/** One opening of the journal by a part; several share what is stored. */
export interface Handle {
  readonly options: JournalOptions;
}

/** What was done to the journal. Positions and locks are a journal's own, so what speaks of them is told apart. */
export type Deed =
  | { readonly kind: 'call'; readonly on: (journal: OpenJournal) => Promise<unknown> }
  | { readonly kind: 'acquire' | 'release'; readonly partition: number }
  | {
      readonly kind: 'unsent';
      readonly partitions: readonly number[];
      readonly limit: number;
      readonly read: Promise<readonly OutboxEntry[]>;
    }
  | { readonly kind: 'mark sent'; readonly entries: readonly OutboxEntry[]; readonly now: number }
  /** The part died, or its connection broke: what it held in its session is free. */
  | { readonly kind: 'session lost' };

export interface Recorded {
  readonly handle: Handle;
  /** Port and verb. */
  readonly name: string;
  readonly deed: Deed;
  /** By the clock of the part that did it. */
  readonly at: number;
  readonly answer: Answer;
}

/** Everything that was done to each journal, by all of its handles, in the order in which it took effect. */
export class Tape {
  readonly #recorded = new Map<MemoryStore, Recorded[]>();

  /** By journal, in the order of their opening: one may be lost, and another one stand in its place. */
  get recorded(): ReadonlyMap<MemoryStore, readonly Recorded[]> {
    return this.#recorded;
  }

  /** The same journal, recorded. */
  readonly overhear: Overhear = (open, options, store) => {
    const recorded = this.#recorded.get(store) ?? [];
    this.#recorded.set(store, recorded);
    const handle: Handle = { options };
    const listen: Listen = (name, deed, asked) => {
      const at = options.clock.now();
      const add = (answer: Answer): void => {
        recorded.push({ handle, name, deed, at, answer });
      };
      asked.then(
        (value) => {
          add({ kind: 'answered', value });
        },
        (error: unknown) => {
          add({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
        },
      );
    };
    return overheardJournal(open, listen);
  };
}
