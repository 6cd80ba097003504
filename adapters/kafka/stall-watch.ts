/** How a partition stands that is read. */
export interface PartitionStanding {
  readonly name: string;
  /** Next offset to be handled; undefined: where to begin is being asked. */
  readonly position: bigint | undefined;
  /** Since when a batch of it is under work, ms; undefined: none is. */
  readonly busySince: number | undefined;
}

/**
 * Finds partitions from which nothing comes although there is something. Consumers that stop fetching without a word,
 * and go on beating, are the most frequent complaint about clients of Kafka: whoever waits for them waits for ever.
 */
export class StallWatch {
  #lookedAt = Number.NEGATIVE_INFINITY;
  #waiting = new Map<string, bigint>();

  /**
   * @param highs first offset that is not there yet, by name of the partition; a partition without one is not judged
   * @returns names of those that had something waiting at the last look as well, and have not moved since
   */
  look(
    now: number,
    partitions: readonly PartitionStanding[],
    highs: ReadonlyMap<string, bigint>,
  ): readonly string[] {
    // KafkaJS fetches nothing more while a batch of the same broker is under work.
    const isHeldUp = partitions.some(
      ({ busySince }) => busySince !== undefined && busySince <= this.#lookedAt,
    );
    const waiting = new Map<string, bigint>();
    for (const { name, position, busySince } of partitions) {
      const high = highs.get(name);
      if (position === undefined || busySince !== undefined || high === undefined) continue;
      if (high > position) waiting.set(name, position);
    }
    const before = this.#waiting;
    this.#waiting = waiting;
    this.#lookedAt = now;
    if (isHeldUp) return [];
    return [...waiting].filter(([name, position]) => before.get(name) === position).map(([name]) => name);
  }
}
