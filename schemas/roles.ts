import { catalog, type TopicClass } from './catalog.js';

/** Who has to do with the topics. `faultline`: its own services. */
export const roles = ['faultline', 'producer', 'subscriber', 'operator'] as const;
export type Role = (typeof roles)[number];

export interface TopicsOfRole {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** What is meant for others. Input topics are not: raw reports and orders tell what nobody has decided yet. */
const forSubscribers: ReadonlySet<TopicClass> = new Set<TopicClass>(['fact', 'request', 'audit', 'state']);

/** The topics that a role may read and write; nobody else may. */
export function topicsOfRole(role: Role): TopicsOfRole {
  const all = catalog.map(({ topic }) => topic);
  switch (role) {
    case 'faultline':
      return { reads: all, writes: all };
    case 'producer':
      return {
        reads: [],
        writes: catalog.filter(({ openToProducers }) => openToProducers).map(({ topic }) => topic),
      };
    case 'subscriber':
      return {
        reads: catalog.filter((entry) => forSubscribers.has(entry.class)).map(({ topic }) => topic),
        writes: [],
      };
    case 'operator':
      return { reads: all, writes: [] };
  }
}
