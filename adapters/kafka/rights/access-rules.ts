import { topicsOfRole, type Role } from '../../../schemas/roles.js';

/** Somebody as Kafka knows him (`User:alice`), and what he is to Faultline. */
export interface Grant {
  readonly principal: string;
  readonly role: Role;
}

export type Operation = 'Read' | 'Write' | 'Create' | 'Delete' | 'Alter' | 'DescribeConfigs' | 'AlterConfigs';

/** One thing that is allowed; what nothing allows is denied. */
export interface AccessRule extends Grant {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operation: Operation;
}

type Allowed = Omit<AccessRule, 'principal' | 'role'>;

/** Groups of the tools that read a range of a topic, and are gone afterwards. */
export const readerGroupPrefix = 'faultline-read-';

const readerGroups: readonly Allowed[] = (['Read', 'Delete'] as const).map((operation) => ({
  resource: 'group',
  name: readerGroupPrefix,
  pattern: 'prefixed',
  operation,
}));

/** On topics, besides reading and writing. Nobody may delete one. */
const upkeepOfTopics: Readonly<Record<Role, readonly Operation[]>> = {
  faultline: ['Create', 'DescribeConfigs'],
  producer: [],
  subscriber: [],
  operator: ['Create', 'Alter', 'DescribeConfigs', 'AlterConfigs'],
};

function groupsOf({ principal, role }: Grant, ownGroups: readonly string[]): readonly Allowed[] {
  const group = { resource: 'group', operation: 'Read' } as const;
  switch (role) {
    case 'faultline': {
      const own = ownGroups.map((name): Allowed => ({ ...group, name, pattern: 'literal' }));
      return [...own, ...readerGroups];
    }
    case 'operator':
      return readerGroups;
    case 'subscriber': {
      // Groups of his own name, so that no subscriber can take the records of another one's.
      const name = principal.slice(principal.indexOf(':') + 1);
      return [
        { ...group, name, pattern: 'literal' },
        { ...group, name: `${name}.`, pattern: 'prefixed' },
      ];
    }
    case 'producer':
      return [];
  }
}

/** What the catalog does not say of an installation. */
export interface BesidesCatalog {
  /** In which Faultline's services read. */
  readonly groups: readonly string[];
  /** Topics that are filled with what was published before. */
  readonly history: readonly string[];
}

function onHistory(role: Role): readonly Operation[] {
  switch (role) {
    case 'faultline':
      return ['Read', 'Write', 'Create', 'DescribeConfigs'];
    case 'subscriber':
    case 'operator':
      return ['Read'];
    case 'producer':
      return [];
  }
}

/** What a grant allows, by the catalog and besides it. */
export function accessRules(grant: Grant, { groups, history }: BesidesCatalog): readonly AccessRule[] {
  const { reads, writes } = topicsOfRole(grant.role);
  const onTopics = (names: readonly string[], operation: Operation): readonly Allowed[] =>
    names.map((name) => ({ resource: 'topic', name, pattern: 'literal', operation }));
  const allowed = [
    ...onTopics(reads, 'Read'),
    ...onTopics(writes, 'Write'),
    ...upkeepOfTopics[grant.role].flatMap((operation) => onTopics(reads, operation)),
    ...onHistory(grant.role).flatMap((operation) => onTopics(history, operation)),
    ...groupsOf(grant, groups),
  ];
  return allowed.map((rule) => ({ ...grant, ...rule }));
}
