import type { Published } from '../world/subscriber.js';
import type { Invariant } from './invariant.js';

/**
 * 8. Whatever names a cause names a record that was published, and from an outcome one comes to a report by going from
 * `ce_causationid` to `ce_id` and nothing else.
 */
export function everyOutcomeHasACause(): Invariant {
  const records = new Map<string, Published>();
  const causeOf = ({ causedBy }: Published): Published | undefined =>
    causedBy === undefined ? undefined : records.get(causedBy);
  const walk = (outcome: Published): string | undefined => {
    const way = new Set<Published>();
    for (let at: Published | undefined = outcome; at !== undefined; at = causeOf(at)) {
      if (at.event.ReportReceived !== undefined) return undefined;
      if (way.has(at)) break;
      way.add(at);
    }
    return `no way leads from ${outcome.id} back to a report: ${[...way].map(({ id }) => id).join(' <- ')}`;
  };
  return {
    name: 'everything published carries its cause',
    after: (happening) => {
      if (happening.kind !== 'published') return undefined;
      const { record } = happening;
      if (record.id !== '') records.set(record.id, record);
      const { ProcessEnded: ended } = record.event;
      if (ended === undefined) return undefined;
      const unknown = ended.causeReportIds.filter(
        (id) => records.get(id)?.event.ReportReceived === undefined,
      );
      return unknown.length > 0
        ? `${record.id} names reports that were never made: ${unknown.join(', ')}`
        : walk(record);
    },
    atRest: () => {
      const lost = [...records.values()].find(
        (record) => record.causedBy !== undefined && causeOf(record) === undefined,
      );
      return lost === undefined
        ? undefined
        : `${lost.id} names ${lost.causedBy ?? ''}, which nobody published`;
    },
  };
}
