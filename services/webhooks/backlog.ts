import { placeName, type EventLog, type Place } from '../../adapters/ports/event-log.js';
import { oldestAppendAt } from '../append-time.js';

interface Level {
  readonly place: Place;
  readonly next: bigint;
  /** When the record at `next` was appended, ms, or one shortly before it; undefined: there is none, or nobody has looked. */
  readonly oldestAt: number | undefined;
}

/**
 * Since when what the log holds beyond the cursors of one subscriber is there. What was read tells it; where nothing is read,
 * since the subscriber is paused or the log has nothing to give, looking does. Of what the journal is to tell, what it told does.
 */
export class Backlog {
  readonly #eventLog: Pick<EventLog, 'bounds' | 'offsetsSince'>;
  readonly #levels = new Map<string, Level>();
  /** ms. Undefined: nothing is made again from the journal, or nobody knows yet how old it is. */
  #madeAgainSince: number | undefined;

  constructor(eventLog: Pick<EventLog, 'bounds' | 'offsetsSince'>) {
    this.#eventLog = eventLog;
  }

  /** ms, the log's clock; undefined: nothing is known to be unread or in hand. */
  get oldestAt(): number | undefined {
    const times = [...this.#levels.values()].flatMap(({ oldestAt }) => oldestAt ?? []);
    if (this.#madeAgainSince !== undefined) times.push(this.#madeAgainSince);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /**
   * Everything before `next` was delivered or is kept. The same again forgets nothing.
   * @param moreSince ms: since then there is more
   */
  advanced({ topic, partition }: Place, next: bigint, moreSince?: number): void {
    const place = { topic, partition };
    const known = this.#levels.get(placeName(place));
    if (known?.next !== next) this.#levels.set(placeName(place), { place, next, oldestAt: moreSince });
  }

  /** This is the first that was read from where the cursor is on. */
  read(place: Place, appendedAt: number): void {
    const level = this.#levels.get(placeName(place));
    if (level !== undefined) this.#levels.set(placeName(place), { ...level, oldestAt: appendedAt });
  }

  /** What was decided at this time (ms) is made again for it. Node after node: what is still to come may be as old as what came. */
  madeAgain(decidedAt: number): void {
    this.#madeAgainSince = Math.min(decidedAt, this.#madeAgainSince ?? decidedAt);
  }

  allMadeAgain(): void {
    this.#madeAgainSince = undefined;
  }

  /** Looks where the log ends. Rejects with LogUnavailable: what was known stays known. */
  async look(now: number): Promise<void> {
    const topics = new Set([...this.#levels.values()].map(({ place }) => place.topic));
    for (const topic of topics) {
      const offsets = new Map<number, bigint>();
      for (const { partition, low, high } of await this.#eventLog.bounds(topic)) {
        const place = { topic, partition };
        const level = this.#levels.get(placeName(place));
        if (level === undefined) continue;
        if (level.next < low) this.advanced(place, low);
        const next = level.next < low ? low : level.next;
        if (next < high && this.#isUnknown(place, next)) offsets.set(partition, next);
      }
      if (offsets.size === 0) continue;
      const at = await oldestAppendAt(this.#eventLog, { topic, offsets }, now);
      // Somebody may have read meanwhile.
      for (const [partition, next] of offsets)
        if (this.#isUnknown({ topic, partition }, next)) this.read({ topic, partition }, at);
    }
  }

  #isUnknown(place: Place, next: bigint): boolean {
    const level = this.#levels.get(placeName(place));
    return level?.next === next && level.oldestAt === undefined;
  }
}
