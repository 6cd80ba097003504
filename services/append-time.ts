import type { EventLog } from '../adapters/ports/event-log.js';

/** ms; so exactly it is found. */
const exactMs = 1_000;

/**
 * When the oldest of the records at these offsets (by partition) of a topic was appended, ms, the log's clock, and up to a second
 * too early. Asks the log where times begin and reads no record: half a hundred questions about what is a year old.
 * Rejects with LogUnavailable.
 */
export async function oldestAppendAt(
  log: Pick<EventLog, 'offsetsSince'>,
  { topic, offsets }: { readonly topic: string; readonly offsets: ReadonlyMap<number, bigint> },
  now: number,
): Promise<number> {
  const isOneOlder = async (than: number): Promise<boolean> => {
    const found = await log.offsetsSince(topic, than);
    return [...offsets].some(([partition, offset]) => (found.get(partition) ?? 0n) > offset);
  };
  let [early, late] = [now - exactMs, now];
  while (early > 0 && (await isOneOlder(early)))
    [early, late] = [Math.max(0, early - 2 * (now - early)), early];
  while (late - early > exactMs) {
    const middle = Math.floor((early + late) / 2);
    if (await isOneOlder(middle)) late = middle;
    else early = middle;
  }
  return early;
}
