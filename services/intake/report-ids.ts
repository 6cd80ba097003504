import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { ReportId } from '../../domain/identifiers.js';

/**
 * Ids in the form of UUID version 7: they grow with time, also within a millisecond, so that the journal's index of
 * seen causes is written at its end and not all over. Unique over copies by 62 random bits.
 */
export function createReportIds(
  clock: Pick<Clock, 'now'>,
  randomness: Pick<Randomness, 'uuid'>,
): () => ReportId {
  let lastMs = 0;
  let counter = 0;
  return () => {
    const nowMs = Math.floor(clock.now());
    counter += 1;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
    } else if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const tail = randomness.uuid().slice(19);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail}` as ReportId;
  };
}
