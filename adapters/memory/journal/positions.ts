import type { Positions } from '../../ports/positions.js';
import { offsetKey, type MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryPositions implements Positions {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async positionOf(
    group: string,
    place: Parameters<Positions['positionOf']>[1],
  ): Promise<bigint | undefined> {
    const known = this.#store.offsets.get(offsetKey(group, place.topic, place.partition));
    return known?.logId === place.logId ? known.nextOffset : undefined;
  }

  async keep(group: string, place: Parameters<Positions['keep']>[1]): Promise<void> {
    const { logId, nextOffset } = place;
    const known = await this.positionOf(group, place);
    if (known === undefined || known < nextOffset) {
      this.#store.offsets.set(offsetKey(group, place.topic, place.partition), { logId, nextOffset });
    }
  }
}
