import { placeLabels, placementLabels } from '../machines/node-registration.js';
import type { FailureRecord, RecordRow } from './row.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** All of them fail within this. */
const spreadMs = 5 * minuteMs;
/** What the record says of a node so shortly before or after leaves no room for another failure of it. */
const distanceMs = 2 * dayMs;

/** What fails, and with it every machine that hangs on it. */
export type OutageOf = keyof typeof placeLabels;

/** How that is in the words of the record. */
const failures = {
  rack: { category: 'Facilities', cause: 'Power Outage', kind: 'powerLoss' },
  switch: { category: 'Hardware', cause: 'Ethernet Switch', kind: 'networkPath' },
  power: { category: 'Facilities', cause: 'Power Outage', kind: 'powerLoss' },
} as const satisfies Record<OutageOf, Pick<RecordRow, 'category' | 'cause' | 'kind'>>;

export const outagesOf: readonly OutageOf[] = ['rack', 'switch', 'power'];

export interface Outage {
  readonly of: OutageOf;
  /** How many nodes fail together: of one rack, switch or power domain after the other those that are well then. */
  readonly nodes: number;
  readonly at: number;
  /** How long a machine is out if nobody helps it. */
  readonly lastsMs: number;
}

/**
 * A record with an outage over it. Rows of the outage bear lines after the last of the record.
 * @throws RangeError when fewer nodes are well then
 */
export function withOutage(record: FailureRecord, fleet: number, outage: Outage): FailureRecord {
  const { of, nodes, at, lastsMs } = outage;
  const ill = new Set(
    record.rows
      .filter(({ startedAt, fixedAt }) => startedAt < at + lastsMs + distanceMs && fixedAt > at - distanceMs)
      .map(({ node }) => node),
  );
  const well = Array.from({ length: fleet }, (_, node) => node).filter((node) => !ill.has(node));
  if (well.length < nodes)
    throw new RangeError(`${nodes} nodes can't fail together: of ${fleet} only ${well.length} are well then`);
  const lastLine = Math.max(
    1,
    ...record.rows.map(({ line }) => line),
    ...record.dirty.map(({ line }) => line),
  );
  const placeOf = (node: number): string => placementLabels(node)[placeLabels[of]] ?? '';
  well.sort((one, other) => compareTexts(placeOf(one), placeOf(other)) || one - other);
  const rows = well.slice(0, nodes).map((node, index): RecordRow => {
    const startedAt = at + Math.floor((index * spreadMs) / nodes);
    return {
      ...{ line: lastLine + 1 + index, node, startedAt, fixedAt: startedAt + lastsMs },
      ...failures[of],
    };
  });
  const all = [...record.rows, ...rows];
  return {
    ...record,
    rows: all.sort((one, other) => one.startedAt - other.startedAt || one.line - other.line),
  };
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
