import type { EventLog, PartitionBounds } from '../../adapters/ports/event-log.js';
import { newestAppendAt, oldestAppendAt } from '../append-time.js';

type AskedLog = Pick<EventLog, 'bounds' | 'offsetsSince'>;

/** Something of what was published on this topic before (ms, the log's clock) is no longer there. */
export interface ForgottenStretch {
  readonly topic: string;
  readonly before: number;
}

/** What a replay from the log can give. */
export interface ReplayReach {
  /** ms, the log's clock: nothing that is older comes, and of what the log still has nothing that is younger is left out. */
  readonly since: number;
  readonly forgotten: readonly ForgottenStretch[];
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

/** From when on the log still has what was published since a moment (ms, its clock). Rejects with LogUnavailable. */
export async function replayReach(
  log: AskedLog,
  topics: readonly string[],
  { asked, now }: { readonly asked: number; readonly now: number },
): Promise<ReplayReach> {
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
