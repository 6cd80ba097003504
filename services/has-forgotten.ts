import type { EventLog } from '../adapters/ports/event-log.js';

/** Whether the log may have deleted anything of these topics that was appended at this time (ms, its clock) or later. */
export async function hasForgotten(
  log: Pick<EventLog, 'bounds' | 'offsetsSince'>,
  topics: readonly string[],
  since: number,
): Promise<boolean> {
  const answers = await Promise.all(
    topics.map(async (topic) => {
      const [bounds, offsets] = await Promise.all([log.bounds(topic), log.offsetsSince(topic, since)]);
      return bounds.some(({ partition, low }) => low > 0n && (offsets.get(partition) ?? low) <= low);
    }),
  );
  return answers.includes(true);
}
