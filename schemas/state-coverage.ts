/**
 * Header of records on `node.state`. By topic, an offset in the partition of the same number: what stands before it there was
 * decided before a state that is in this partition up to this record.
 */
export const coverageHeader = 'state_covers';

/** Header of records on `node.state`: the run of the service that wrote it. */
export const writerHeader = 'state_writer';

/** By topic, the offset before which everything is covered. */
export type Coverage = ReadonlyMap<string, bigint>;

export function coverageText(coverage: Coverage): string {
  return [...coverage].map(([topic, offset]) => `${topic}=${offset}`).join(',');
}

/** What is not in the form of `coverageText` covers nothing. */
export function parseCoverage(text: string | undefined): Coverage {
  return new Map(
    (text ?? '').split(',').flatMap((part) => {
      const match = /^([a-z.-]+)=(\d{1,19})$/.exec(part);
      return match === null ? [] : [[match[1] ?? '', BigInt(match[2] ?? '0')] as const];
    }),
  );
}

/** Both hold: of each topic the higher offset. */
export function joinedCoverage(one: Coverage, other: Coverage): Coverage {
  const joined = new Map(one);
  for (const [topic, offset] of other) {
    const known = joined.get(topic);
    if (known === undefined || known < offset) joined.set(topic, offset);
  }
  return joined;
}
