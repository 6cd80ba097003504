import { deadLetterTopic, inputTopics } from '../../schemas/catalog.js';
import type { DeadLetterPlace } from '../ports/dead-letters.js';
import type { JournalFigures, LogFigures, Undecided } from '../ports/figures.js';
import type { EventLog, PartitionBounds } from '../ports/event-log.js';

/** At a look the log ended here: what lies below was there by then. */
interface Sighting {
  readonly at: number;
  readonly high: bigint;
}

type WatchedLog = Pick<EventLog, 'bounds' | 'identify'>;

/** Sightings of one partition that are kept; past that every second one is forgotten. */
const mostSightings = 256;

/**
 * Counts what groups have not decided yet, and how long it has been there. The age costs no read of a record: it is
 * taken from when the end of the log was first seen beyond the group's position, so it is at most the time between two
 * looks too small, and begins anew with a new copy.
 */
export class LogWatch {
  readonly #eventLog: WatchedLog;
  readonly #groups: readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly #sightings = new Map<string, Sighting[]>();

  constructor(
    eventLog: WatchedLog,
    groups: readonly { readonly group: string; readonly topics: readonly string[] }[],
  ) {
    this.#eventLog = eventLog;
    this.#groups = groups;
  }

  /** @param now ms. Rejects with LogUnavailable. */
  async look(
    { decided, handledDeadLetters }: Pick<JournalFigures, 'decided' | 'handledDeadLetters'>,
    now: number,
  ): Promise<LogFigures> {
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
    return { undecided, deadLetters: await openDeadLetters(this.#eventLog, handledDeadLetters) };
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
}

/** How many dead letters of each topic nobody has retried or dropped. Reads none of them. */
export async function openDeadLetters(
  eventLog: WatchedLog,
  handled: readonly DeadLetterPlace[],
): Promise<LogFigures['deadLetters']> {
  const logId = await eventLog.identify();
  const found: { topic: string; count: number }[] = [];
  for (const topic of inputTopics.map(deadLetterTopic)) {
    const bounds = await eventLog.bounds(topic);
    const held = bounds.reduce((sum, { low, high }) => sum + Number(high - low), 0);
    const done = handled.filter(
      (one) =>
        one.logId === logId &&
        one.topic === topic &&
        bounds.some(
          ({ partition, low, high }) => one.partition === partition && one.offset >= low && one.offset < high,
        ),
    );
    found.push({ topic, count: held - done.length });
  }
  return found;
}
