import type { PublishedRecord } from './published-records.js';

function sequenceOf({ headers }: PublishedRecord): string {
  return headers['ce_sequence'] ?? '';
}

/**
 * From a record back to the report that began it all, by what any subscriber has: `ce_causationid` names the record
 * that caused this one. What comes from outside while a process runs (what the detector saw, another report, an order)
 * has no cause of ours: the process was there before it, so the way goes on at the process event before the one that it
 * caused. The record itself is first.
 */
export function causesOf(
  record: PublishedRecord,
  all: readonly PublishedRecord[],
): readonly PublishedRecord[] {
  const byId = new Map(all.map((one) => [one.headers['ce_id'], one]));
  const chain: PublishedRecord[] = [];
  let next: PublishedRecord | undefined = record;
  while (next !== undefined) {
    chain.push(next);
    const cause: string | undefined = next.headers['ce_causationid'];
    const previous = before(chain, all);
    // One input may have caused several facts of the process: the way leads to it from the first of them.
    const isOfSameInput: boolean = cause !== undefined && previous?.headers['ce_causationid'] === cause;
    next = isOfSameInput ? previous : (byId.get(cause ?? '') ?? previous);
  }
  return chain;
}

/** The process event right before the earliest fact of the chain, of the same process. */
function before(
  chain: readonly PublishedRecord[],
  all: readonly PublishedRecord[],
): PublishedRecord | undefined {
  const fact = chain.findLast((one) => sequenceOf(one) !== '');
  if (fact === undefined) return undefined;
  return all
    .filter(({ topic, key }) => topic === 'maintenance.events' && key === fact.key)
    .filter(({ value }) => value['processId'] === fact.value['processId'])
    .filter((one) => sequenceOf(one) < sequenceOf(fact))
    .reduce<PublishedRecord | undefined>(
      (latest, one) => (latest === undefined || sequenceOf(one) > sequenceOf(latest) ? one : latest),
      undefined,
    );
}
