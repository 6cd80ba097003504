import { deadLetterTopic, inputTopics } from '../../schemas/catalog.js';
import type { DecidedUpTo, LogFigures, Undecided } from '../ports/figures.js';
import type { EventLog, PartitionBounds } from '../ports/event-log.js';

/** At a look the log ended here: what lies below was there by then. */
interface Sighting {
  readonly at: number;
  readonly high: bigint;
}

/** Sightings of one partition that are kept; past that every second one is forgotten. */
const mostSightings = 256;

/**
 * Counts what groups have not decided yet, and how long it has been there. The age costs no read of a record: it is
 * taken from when the end of the log was first seen beyond the group's position, so it is at most the time between two
 * looks too small, and begins anew with a new copy.
 */
export class LogWatch {
  readonly #eventLog: Pick<EventLog, 'bounds'>;
  readonly #groups: readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly #sightings = new Map<string, Sighting[]>();

  constructor(
    eventLog: Pick<EventLog, 'bounds'>,
    groups: readonly { readonly group: string; readonly topics: readonly string[] }[],
  ) {
    this.#eventLog = eventLog;
    this.#groups = groups;
  }

  /** @param now ms. Rejects with LogUnavailable. */
  async look(decided: readonly DecidedUpTo[], now: number): Promise<LogFigures> {
    const undecided: Undecided[] = [];
    for (const { group, topics } of this.#groups) {
      for (const topic of topics) {
        for (const bounds of await this.#eventLog.bounds(topic)) {
          const { partition } = bounds;
          const place = { group, topic, partition };
          const stored = decided.find(
            (one) => one.group === group && one.topic === topic && one.partition === partition,
          );
          undecided.push({ ...place, ...this.#beyond(place, bounds, stored?.nextOffset, now) });
        }
      }
    }
    return { undecided, deadLetters: await this.#deadLetters() };
  }

  #beyond(
    place: object,
    { low, high }: PartitionBounds,
    stored: bigint | undefined,
    now: number,
  ): Pick<Undecided, 'records' | 'seenAt'> {
    const position = stored === undefined || stored < low ? low : stored;
    const key = JSON.stringify(place);
    const sightings = (this.#sightings.get(key) ?? []).filter((sighting) => sighting.high > position);
    if (high > (sightings.at(-1)?.high ?? position)) sightings.push({ at: now, high });
    this.#sightings.set(
      key,
      sightings.length <= mostSightings ? sightings : sightings.filter((_, index) => index % 2 === 0),
    );
    const [oldest] = sightings;
    const records = high > position ? Number(high - position) : 0;
    return { records, ...(oldest === undefined ? {} : { seenAt: oldest.at }) };
  }

  async #deadLetters(): Promise<LogFigures['deadLetters']> {
    const found: { topic: string; count: number }[] = [];
    for (const topic of inputTopics.map(deadLetterTopic)) {
      const bounds = await this.#eventLog.bounds(topic);
      found.push({ topic, count: bounds.reduce((sum, { low, high }) => sum + Number(high - low), 0) });
    }
    return found;
  }
}
