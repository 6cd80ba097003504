import type { MemoryStore } from '../../adapters/memory/journal/store.js';

/** Nodes that failed together, as the guard told people. */
export interface SimulatedIncident {
  readonly at: string;
  readonly breaker: string;
  readonly common: string;
  readonly shared: readonly string[];
  readonly nodes: number;
  readonly ended?: string;
}

/** How many nodes, and when the first of their faults began. */
export interface MostWithin {
  readonly nodes: number;
  readonly from: string;
}

/** Every incident of a simulated journal, in the order in which they began. */
export function incidentsOf({ pauses }: MemoryStore): readonly SimulatedIncident[] {
  return pauses.flatMap(({ pause: { incident, begun }, ended }) => {
    if (incident === undefined) return [];
    const { breaker, common, shared, count } = incident;
    const at = new Date(begun.at).toISOString();
    return [
      {
        ...{ at, breaker, common, shared, nodes: count },
        ...(ended === undefined ? {} : { ended: `${ended.how} by ${ended.by}: ${ended.reason}` }),
      },
    ];
  });
}

/** The most nodes whose faults began within a window of so many ms. */
export function mostWithin(windowMs: number, { processes }: MemoryStore): MostWithin {
  const begun = [...processes.values()].sort((one, other) => one.startedAt - other.startedAt);
  let most = { nodes: 0, from: '' };
  let end = 0;
  for (const [index, { startedAt }] of begun.entries()) {
    while ((begun[end]?.startedAt ?? Infinity) <= startedAt + windowMs) end += 1;
    const nodes = new Set(begun.slice(index, end).map(({ node }) => node)).size;
    if (nodes > most.nodes) most = { nodes, from: new Date(startedAt).toISOString() };
  }
  return most;
}
