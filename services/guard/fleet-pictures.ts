import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import { SharedQuestion } from './shared-question.js';

/** Reading the picture of a large cluster takes long; so many times that long it may be used… */
const usesPerReading = 20;
/** …but no older than this, ms: the inventory itself is as late as the watch that keeps it. */
const oldestUsedMs = 1_000;

interface Reading {
  readonly picture: FleetPicture | undefined;
  /** ms */
  readonly begunAt: number;
  readonly tookMs: number;
}

/**
 * Pictures of the fleet for whoever asks for leave. One that took no time to read is read for each crowd that asks; one that
 * took long is read in the background while the last one serves, so that nobody waits for a cluster of 100,000 nodes.
 */
export class FleetPictures {
  readonly #inventory: Pick<FleetInventory, 'picture'>;
  readonly #readings = new Map<string, Reading>();
  readonly #questions = new Map<string, SharedQuestion<FleetPicture | undefined>>();

  constructor(inventory: Pick<FleetInventory, 'picture'>) {
    this.#inventory = inventory;
  }

  /**
   * @param now ms, by the clock that all who ask go by
   * @returns undefined: the cluster was never observed. Rejects as the inventory does, unless the last picture still serves
   */
  async of(cluster: string, now: () => number): Promise<FleetPicture | undefined> {
    const last = this.#readings.get(cluster);
    const age = now() - (last?.begunAt ?? -Infinity);
    if (last === undefined || age >= Math.min(2 * restOf(last), oldestUsedMs))
      return this.#read(cluster, now);
    if (age >= restOf(last)) void this.#read(cluster, now).catch(() => undefined);
    return last.picture;
  }

  #read(cluster: string, now: () => number): Promise<FleetPicture | undefined> {
    const question =
      this.#questions.get(cluster) ??
      new SharedQuestion(async () => {
        const begunAt = now();
        const picture = await this.#inventory.picture(cluster);
        this.#readings.set(cluster, { picture, begunAt, tookMs: now() - begunAt });
        return picture;
      });
    this.#questions.set(cluster, question);
    return question.ask();
  }
}

function restOf({ tookMs }: Reading): number {
  return Math.min(usesPerReading * tookMs, oldestUsedMs / 2);
}
