import type { FailureRecord, RecordRow } from './row.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** All of them fail within this. */
const spreadMs = 5 * minuteMs;
/** What the record says of a node so shortly before or after leaves no room for another failure of it. */
const distanceMs = 2 * dayMs;

export interface Outage {
  /** How many nodes fail together: those with the lowest numbers that are well then. */
  readonly nodes: number;
  readonly at: number;
  /** How long a machine is out if nobody helps it. */
  readonly lastsMs: number;
}

/**
 * A record with an outage over it, such as of racks or a power domain whose machines bear neighbouring numbers. Rows of the
 * outage bear lines after the last of the record.
 * @throws RangeError when fewer nodes are well then
 */
export function withOutage(record: FailureRecord, fleet: number, outage: Outage): FailureRecord {
  const { nodes, at, lastsMs } = outage;
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
  const rows = well.slice(0, nodes).map((node, index): RecordRow => {
    const startedAt = at + Math.floor((index * spreadMs) / nodes);
    return {
      ...{ line: lastLine + 1 + index, node, startedAt, fixedAt: startedAt + lastsMs },
      ...{ category: 'Facilities', cause: 'Power Outage', kind: 'powerLoss' },
    };
  });
  const all = [...record.rows, ...rows];
  return {
    ...record,
    rows: all.sort((one, other) => one.startedAt - other.startedAt || one.line - other.line),
  };
}
