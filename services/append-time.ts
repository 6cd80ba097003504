import type { EventLog } from '../adapters/ports/event-log.js';

/** Brokers' clocks differ by less than this, ms. */
export const clockSkewMs = 10_000;

/** ms; so exactly it is found. */
const exactMs = 1_000;

/** Some records of a topic: their offsets, by partition. */
export interface RecordsOfTopic {
  readonly topic: string;
  readonly offsets: ReadonlyMap<number, bigint>;
}

type TimesOfLog = Pick<EventLog, 'offsetsSince'>;

/** The last moment, or up to a second before it, at which `isOver` still says no; it begins to say yes before `now`, or never. */
async function lastBefore(isOver: (at: number) => Promise<boolean>, now: number): Promise<number> {
  let [early, late] = [now - exactMs, now];
  while (early > 0 && (await isOver(early))) [early, late] = [Math.max(0, early - 2 * (now - early)), early];
  while (late - early > exactMs) {
    const middle = Math.floor((early + late) / 2);
    if (await isOver(middle)) late = middle;
    else early = middle;
  }
  return early;
}

/** When so many of these records were over, ms: as `lastBefore`. */
function appendAt(
  log: TimesOfLog,
  { topic, offsets }: RecordsOfTopic,
  { now, howMany }: { readonly now: number; readonly howMany: 'some' | 'every' },
): Promise<number> {
  return lastBefore(async (at) => {
    const found = await log.offsetsSince(topic, at);
    return [...offsets][howMany](([partition, offset]) => (found.get(partition) ?? 0n) > offset);
  }, now);
}

/**
 * When the oldest of these records was appended, ms, the log's clock, and up to a second too early. Asks the log where times begin
 * and reads no record: half a hundred questions about what is a year old. Rejects with LogUnavailable.
 */
export function oldestAppendAt(log: TimesOfLog, records: RecordsOfTopic, now: number): Promise<number> {
  return appendAt(log, records, { now, howMany: 'some' });
}

/** When the newest of these records was appended; else as `oldestAppendAt`. */
export function newestAppendAt(log: TimesOfLog, records: RecordsOfTopic, now: number): Promise<number> {
  return appendAt(log, records, { now, howMany: 'every' });
}
