import type { PublishedRecord } from './published-records.js';

/**
 * From a record back to what began it all, as any subscriber can go: the cause of a record is the one whose `ce_id` is
 * its `ce_causationid`. The record itself is first.
 */
export function causesOf(
  record: PublishedRecord,
  all: readonly PublishedRecord[],
): readonly PublishedRecord[] {
  const byId = new Map(all.map((one) => [one.headers['ce_id'], one]));
  const chain = new Set<PublishedRecord>();
  for (let next: PublishedRecord | undefined = record; next !== undefined && !chain.has(next);) {
    chain.add(next);
    const cause: string | undefined = next.headers['ce_causationid'];
    next = cause === undefined ? undefined : byId.get(cause);
  }
  return [...chain];
}
