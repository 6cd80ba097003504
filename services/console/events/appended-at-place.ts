import { placeName, type EventLog } from '../../../adapters/ports/event-log.js';
import { offeredTopics } from '../../event-filter.js';
import type { LogPlace } from '../../log-place.js';
import { ConsoleRefusal } from '../forms/problem.js';

function refuse(place: LogPlace, problem: string, next: string): never {
  throw new ConsoleRefusal('BadRequest', `from: ${placeName(place)}/${place.offset}: ${problem}`, next);
}

/**
 * When the record at this place was appended, ms by the log's clock; undefined: it is the next one to come.
 * @throws ConsoleRefusal BadRequest: the log has no such place; rejects with LogUnavailable
 */
export async function appendedAtPlace(
  eventLog: Pick<EventLog, 'bounds' | 'read'>,
  place: LogPlace,
): Promise<number | undefined> {
  const { topic, partition, offset } = place;
  if (!offeredTopics.includes(topic))
    return refuse(place, `there is no topic ${topic} to hear`, `there are ${offeredTopics.join(', ')}`);
  const bounds = await eventLog.bounds(topic);
  const held = bounds.find((one) => one.partition === partition);
  if (held === undefined)
    return refuse(place, 'there is no such partition', `${topic} has ${bounds.length} of them, from 0 on`);
  const { low, high } = held;
  if (offset < low)
    return refuse(
      place,
      `the log has forgotten what was before ${low}`,
      'begin at a time, or at `beginning`',
    );
  if (offset > high) return refuse(place, `the next record will be ${high}`, 'begin there, or at `now`');
  for await (const { appendedAt } of eventLog.read(topic, partition, offset, high)) return appendedAt;
  return undefined;
}
