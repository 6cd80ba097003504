import type { FleetInventory, FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { isAbout, isAboutPlace, type Where } from '../../domain/where.js';

type Places = Pick<FleetInventory, 'member'>;

/** Each with the place of its node, in their order. Nodes that are in no inventory are nowhere. */
export async function placed<Item extends { readonly node: NodeKey }>(
  inventory: Places,
  items: readonly Item[],
): Promise<readonly (Item & { readonly member: FleetMember })[]> {
  const found = await Promise.all(
    items.map(async (item) => ({ item, member: await inventory.member(item.node) })),
  );
  return found.flatMap(({ item, member }) => (member === undefined ? [] : [{ ...item, member }]));
}

/** Those of them that a pause there is about, in their order. */
export async function ofPlace<Item extends Parameters<typeof isAbout>[1]>(
  inventory: Places,
  items: readonly Item[],
  where: Where,
): Promise<readonly Item[]> {
  return (await placed(inventory, items)).filter((item) => isAbout(where, item, item.member));
}

/** The groups of a cluster's nodes that a place is about. */
export function partsOf(
  { groups }: Pick<FleetPicture, 'groups'>,
  where: Parameters<typeof isAboutPlace>[0],
): FleetPicture['groups'] {
  return groups.filter((group) => isAboutPlace(where, group));
}
