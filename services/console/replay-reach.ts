import type { EventLog, PartitionBounds } from '../../adapters/ports/event-log.js';
import { newestAppendAt, oldestAppendAt } from '../append-time.js';
import { hasForgotten } from '../has-forgotten.js';
import { topicsOfFacts } from '../journal-events.js';

type AskedLog = Pick<EventLog, 'bounds' | 'offsetsSince'>;

/** Something of what was published on this topic before (ms, the log's clock) is no longer there. */
export interface ForgottenStretch {
  readonly topic: string;
  readonly before: number;
}

/** What a replay can give. */
export interface ReplayReach {
  /** ms, the log's clock: nothing that is older comes, and of what there still is nothing that is younger is left out. */
  readonly since: number;
  /** Topics whose events are made again from the journal, since the log has forgotten some of them. */
  readonly fromJournal: readonly string[];
  /** What nobody has any more. */
  readonly forgotten: readonly ForgottenStretch[];
}

type LogReach = Pick<ReplayReach, 'since' | 'forgotten'>;

interface AskedSpan {
  readonly asked: number;
  readonly now: number;
}

interface TopicReach {
  /** Undefined: there is no record. */
  readonly oldestAt: number | undefined;
  /** Undefined: nothing is missing. */
  readonly forgottenBefore: number | undefined;
}

function firstsOf(bounds: readonly PartitionBounds[]): ReadonlyMap<number, bigint> {
  return new Map(bounds.filter(({ low, high }) => low < high).map(({ partition, low }) => [partition, low]));
}

async function reachOf(log: AskedLog, topic: string, asked: number, now: number): Promise<TopicReach> {
  const [bounds, found] = await Promise.all([log.bounds(topic), log.offsetsSince(topic, asked)]);
  const firsts = firstsOf(bounds);
  const oldestAt = firsts.size === 0 ? undefined : await oldestAppendAt(log, { topic, offsets: firsts }, now);
  const cut = bounds.filter(({ partition, low }) => low > 0n && (found.get(partition) ?? low) <= low);
  if (cut.length === 0) return { oldestAt, forgottenBefore: undefined };
  const offsets = firstsOf(cut);
  // Where nothing is left, nobody can tell any more when it was.
  return {
    oldestAt,
    forgottenBefore: offsets.size === 0 ? now : await newestAppendAt(log, { topic, offsets }, now),
  };
}

/** From when on the log still has what was published since a moment (ms, its clock). */
async function logReach(
  log: AskedLog,
  topics: readonly string[],
  { asked, now }: AskedSpan,
): Promise<LogReach> {
  const reaches = await Promise.all(
    topics.map(async (topic) => ({ topic, ...(await reachOf(log, topic, asked, now)) })),
  );
  return {
    since: Math.max(asked, Math.min(now, ...reaches.flatMap(({ oldestAt }) => oldestAt ?? []))),
    forgotten: reaches.flatMap(({ topic, forgottenBefore: before }) =>
      before === undefined ? [] : [{ topic, before }],
    ),
  };
}

/** From when on there still is what was published since a moment (ms, the log's clock). Rejects with LogUnavailable. */
export async function replayReach(
  log: AskedLog,
  topics: readonly string[],
  span: AskedSpan,
): Promise<ReplayReach> {
  const ofFacts = topics.filter((topic) => topicsOfFacts.includes(topic));
  const isForgotten = await hasForgotten(log, ofFacts, span.asked);
  const fromJournal = isForgotten ? ofFacts : [];
  const { since, forgotten } = await logReach(
    log,
    topics.filter((topic) => !fromJournal.includes(topic)),
    span,
  );
  return { since: isForgotten ? span.asked : since, fromJournal, forgotten };
}
