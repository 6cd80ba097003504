import { placeName, type Place } from '../../../adapters/ports/event-log.js';

interface Level {
  /** Offset after the last record that was read. */
  next: bigint;
  /** Nothing that was appended before this time (ms, the log's clock) is still to be read. */
  readSince: number;
}

/** How far a reader of many partitions has come in each, and so in all. */
export class LowWater {
  readonly #levels = new Map<string, Level>();
  #latest = 0;

  /** Begins, or goes on where it was: a place that is given a second time keeps its position. */
  begin(place: Place, next: bigint, readSince: number): bigint {
    const name = placeName(place);
    const level = this.#levels.get(name) ?? { next, readSince };
    this.#levels.set(name, level);
    return level.next;
  }

  /** A record was read. */
  read(place: Place, offset: bigint, appendedAt: number): void {
    const level = this.#levels.get(placeName(place));
    if (level === undefined) return;
    level.next = offset + 1n;
    level.readSince = Math.max(level.readSince, appendedAt);
    this.#latest = Math.max(this.#latest, appendedAt);
  }

  /** Before `since` was taken from `latest`, all up to `high` had been appended: if it is read, nothing older comes. */
  looked(place: Place, high: bigint, since: number): void {
    const level = this.#levels.get(placeName(place));
    if (level !== undefined && level.next >= high) level.readSince = Math.max(level.readSince, since);
  }

  /** The latest time of any record read. */
  get latest(): number {
    return this.#latest;
  }

  /** Nothing appended before this time is still to be read, in any partition. */
  get safeSince(): number {
    return Math.min(...[...this.#levels.values()].map(({ readSince }) => readSince));
  }

  nextIn(place: Place): bigint | undefined {
    return this.#levels.get(placeName(place))?.next;
  }

  get places(): number {
    return this.#levels.size;
  }

  /** Offset after the last record read, by place. */
  positions(): ReadonlyMap<string, bigint> {
    return new Map([...this.#levels].map(([name, { next }]) => [name, next]));
  }
}
