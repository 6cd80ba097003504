import type { Invariant } from './invariant.js';

/** What has to be remembered of a record, in years of them. */
interface Link {
  readonly id: string;
  readonly causedBy: string | undefined;
  /** A report, or the finding of an isolation that no process knows. */
  readonly isBeginning: boolean;
}

/**
 * 8. Whatever names a cause names a record that was published, and from an outcome one comes to a report, or to what was
 * found isolated by nobody, by going from `ce_causationid` to `ce_id` and nothing else.
 */
export function everyOutcomeHasACause(): Invariant {
  const records = new Map<string, Link>();
  const excused = new Set<Link>();
  const causeOf = ({ causedBy }: Link): Link | undefined =>
    causedBy === undefined ? undefined : records.get(causedBy);
  const walk = (outcome: Link): string | undefined => {
    const way = new Set<Link>();
    for (let at: Link | undefined = outcome; at !== undefined; at = causeOf(at)) {
      if (at.isBeginning) return undefined;
      if (way.has(at)) break;
      way.add(at);
    }
    return `no way leads from ${outcome.id} back to a report: ${[...way].map(({ id }) => id).join(' <- ')}`;
  };
  return {
    name: 'everything published carries its cause',
    after: (happening) => {
      // What it had not sent yet nobody will ever send.
      if (happening.kind === 'journal lost') for (const record of records.values()) excused.add(record);
      if (happening.kind !== 'published') return undefined;
      const { id, causedBy, event } = happening.record;
      const isFinding = (event.Signal?.orphanFound ?? null) !== null;
      const link: Link = { id, causedBy, isBeginning: event.ReportReceived !== undefined || isFinding };
      if (id !== '') records.set(id, link);
      const { ProcessEnded: ended } = event;
      if (ended === undefined) return undefined;
      const unknown = ended.causeReportIds.filter((report) => records.get(report)?.isBeginning !== true);
      return unknown.length > 0
        ? `${id} names reports that were never made: ${unknown.join(', ')}`
        : walk(link);
    },
    atRest: () => {
      const lost = [...records.values()].find(
        (record) => record.causedBy !== undefined && causeOf(record) === undefined && !excused.has(record),
      );
      return lost === undefined
        ? undefined
        : `${lost.id} names ${lost.causedBy ?? ''}, which nobody published`;
    },
  };
}
