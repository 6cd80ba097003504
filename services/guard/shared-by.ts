import type { FleetPicture } from '../../adapters/ports/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { PlacedCase } from './breakers.js';
import type { CommonScope } from './policy.js';

/** A property says something when so many of the nodes share its value… */
const mostOfThem = 0.8;
/** …and of the whole cluster not that many. */
const mostOfAll = 0.5;

interface Property {
  readonly name: string;
  readonly of: (one: PlacedCase) => string | undefined;
  /** How many nodes of the cluster have this value. Undefined: it is none of nodes. */
  readonly sizeOf?: (value: string) => number;
}

/** Pure: what most nodes of an incident share beside what they were counted by, and most nodes of the cluster don't. */
export function sharedBy(
  cases: readonly PlacedCase[],
  scope: CommonScope,
  picture: FleetPicture | undefined,
): readonly string[] {
  const count = new Set(cases.map(({ node }) => node)).size;
  const counted = scope.kind === 'label' ? scope.label : scope.kind;
  return propertiesOf(cases, picture)
    .filter(({ name }) => name !== counted)
    .flatMap((property) => saidOf(property, cases, { count, fleet: sizeWhere(picture, () => true) }) ?? []);
}

function propertiesOf(cases: readonly PlacedCase[], picture: FleetPicture | undefined): readonly Property[] {
  const inReports: readonly Property[] = [
    { name: 'faultType', of: ({ faultType }) => faultType },
    { name: 'reporter', of: ({ reporter }) => reporter },
  ];
  if (picture === undefined) return inReports;
  const labels = new Set(cases.flatMap(({ member }) => Object.keys(member.labels)));
  return [
    ...[...labels].sort().map((name) => ({
      name,
      of: ({ member }: PlacedCase) => member.labels[name],
      sizeOf: (value: string) => sizeWhere(picture, (group) => group.labels[name] === value),
    })),
    ...(['pool', 'zone'] as const).map((name) => ({
      name,
      of: ({ member }: PlacedCase) => member[name],
      sizeOf: (value: string) => sizeWhere(picture, (group) => group[name] === value),
    })),
    ...inReports,
  ];
}

function sizeWhere(
  picture: FleetPicture | undefined,
  isMeant: (group: FleetPicture['groups'][number]) => boolean,
): number {
  return (picture?.groups ?? []).filter(isMeant).reduce((sum, { size }) => sum + size, 0);
}

/** As `power=p1 (190 of 200; 224 nodes have it)`. */
function saidOf(
  { name, of, sizeOf }: Property,
  cases: readonly PlacedCase[],
  { count, fleet }: { readonly count: number; readonly fleet: number },
): string | undefined {
  const [value, sharing] = mostFrequent(cases, of);
  if (value === undefined || value === '' || sharing < mostOfThem * count) return undefined;
  if (sizeOf === undefined) return `${name}=${value} (${sharing} of ${count})`;
  const size = sizeOf(value);
  if (size > mostOfAll * fleet) return undefined;
  return `${name}=${value} (${sharing} of ${count}; ${size} nodes have it)`;
}

function mostFrequent(
  cases: readonly PlacedCase[],
  of: Property['of'],
): readonly [value: string | undefined, nodes: number] {
  const nodesBy = new Map<string, Set<NodeKey>>();
  for (const one of cases) {
    const value = of(one);
    if (value === undefined) continue;
    const nodes = nodesBy.get(value);
    if (nodes === undefined) nodesBy.set(value, new Set([one.node]));
    else nodes.add(one.node);
  }
  let most: readonly [string | undefined, number] = [undefined, 0];
  for (const [value, { size }] of nodesBy) if (size > most[1]) most = [value, size];
  return most;
}
