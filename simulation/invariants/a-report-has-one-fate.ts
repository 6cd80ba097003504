import type { Invariant } from './invariant.js';

/** 1. A report that was acknowledged ends in a fate, and in one only. Bytes that nobody can read end as dead letters. */
export function aReportHasOneFate(): Invariant {
  const acknowledged = new Set<string>();
  const fates = new Map<string, string>();
  let unreadable = 0;
  let dead = 0;
  return {
    name: 'an acknowledged report has exactly one fate, and what can not be read is a dead letter',
    after: (happening) => {
      if (happening.kind === 'acknowledged') acknowledged.add(happening.reportId);
      // Another journal reads everything from the beginning, and judges by what it knows.
      if (happening.kind === 'journal lost') {
        for (const reportId of fates.keys()) acknowledged.delete(reportId);
        fates.clear();
      }
      if (happening.kind !== 'published') return undefined;
      const { record } = happening;
      if (record.headers['unreadable'] !== undefined && record.headers['dlt_topic'] === undefined)
        unreadable += 1;
      if (record.headers['dlt_topic'] !== undefined) dead += 1;
      for (const { reportId, fate } of record.event.ReportsDecided?.decided ?? []) {
        const before = fates.get(reportId) ?? fate;
        fates.set(reportId, before);
        if (before !== fate) return `report ${reportId} was ${before} and then ${fate}`;
      }
      return undefined;
    },
    atRest: () => {
      const lost = [...acknowledged].filter((id) => !fates.has(id));
      if (lost.length > 0) return `no fate for ${lost.join(', ')}`;
      return dead < unreadable
        ? `${unreadable} records could not be read, but ${dead} are dead letters`
        : undefined;
    },
  };
}
