import type {
  DeadLetterBook,
  DeadLetterDecision,
  DeadLetterPlace,
  HandledDeadLetter,
} from '../../ports/dead-letters.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryDeadLetters implements DeadLetterBook {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async handled(logId: string, topic: string): Promise<readonly HandledDeadLetter[]> {
    return [...this.#store.deadLetters.values()]
      .filter((letter) => letter.logId === logId && letter.topic === topic)
      .sort((one, other) => one.partition - other.partition || (one.offset < other.offset ? -1 : 1));
  }

  async handle(
    letters: Parameters<DeadLetterBook['handle']>[0],
    decision: DeadLetterDecision,
  ): Promise<readonly DeadLetterPlace[]> {
    const known = this.#store.deadLetters;
    const now = letters.filter(({ place }) => !known.has(keyOf(place)));
    for (const { place } of now) known.set(keyOf(place), { ...place, ...decision });
    this.#store.publish(now.flatMap(({ entry }) => (entry === undefined ? [] : [entry])));
    return now.map(({ place }) => place);
  }
}

function keyOf({ logId, topic, partition, offset }: DeadLetterPlace): string {
  return `${logId}/${topic}/${partition}/${offset}`;
}
