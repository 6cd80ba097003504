import type { EventLog } from '../../../adapters/ports/event-log.js';
import { catalog } from '../../../schemas/catalog.js';
import { clockSkewMs } from '../../append-time.js';
import { hasForgotten } from '../../has-forgotten.js';
import { topicsOfFacts } from '../../journal-events.js';

/** Who reads the journal up to a moment has so long until the log has forgotten what comes then. */
const marginMs = 86_400_000;

/** Where reading in the journal ends and reading in the log begins. */
export interface Handover {
  /** Topics that are read in the journal first. */
  readonly topics: readonly string[];
  /** ms: what was decided before is read in the journal. */
  readonly at: number;
  /** ms, the log's clock: what was appended since is read in the log. */
  readonly logSince: number;
}

/** ms; Infinity: for ever. */
function keptFor(topic: string): number {
  const { retentionMs = -1 } = catalog.find((entry) => entry.topic === topic) ?? {};
  return retentionMs < 0 ? Infinity : retentionMs;
}

/**
 * What was decided at this time or later was appended since then, and all of that the log still has for a day. -Infinity:
 * it has all that there ever was. All topics of facts change over at once, since what they say of a node belongs together.
 */
export function handoverOf(topics: readonly string[], now: number): Handover {
  const ofFacts = topics.filter((topic) => topicsOfFacts.includes(topic));
  return handoverAt(topics, now - Math.min(...ofFacts.map(keptFor)) + marginMs);
}

/** The one at this moment (ms). */
export function handoverAt(topics: readonly string[], at: number): Handover {
  const ofFacts = topics.filter((topic) => topicsOfFacts.includes(topic));
  return { topics: ofFacts, at, logSince: at - clockSkewMs };
}

/**
 * Where to change over from the journal to the log for whoever wants all since a moment (ms, the log's clock); undefined: the log
 * has all of it. What a broker deletes sooner than the catalog says is not noticed: `faultline topics plan` tells of that.
 */
export async function findHandover(
  log: Pick<EventLog, 'bounds' | 'offsetsSince'>,
  topics: readonly string[],
  { since, now }: { readonly since: number; readonly now: number },
): Promise<Handover | undefined> {
  const handover = handoverOf(topics, now);
  if (isStillKept({ ...handover, logSince: since }, now)) return undefined;
  return (await hasForgotten(log, handover.topics, since)) ? handover : undefined;
}

/** Whether the log still has all that comes after a handover that was found some time ago, and for as long as reading it takes. */
export function isStillKept({ topics, logSince }: Handover, now: number): boolean {
  return logSince >= handoverOf(topics, now).at - marginMs / 2;
}
