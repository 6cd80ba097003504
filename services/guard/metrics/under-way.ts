import type { FleetInventory } from '../../../adapters/ports/journal.js';
import type { ChangeBook, ChangeRow } from '../../../adapters/ports/change-book.js';
import type { GuardBook } from '../../../adapters/ports/guard-book.js';
import type { Regression } from '../../../domain/pause.js';
import { ownOwner } from '../../../domain/permit-request.js';
import { isAbout, type Where } from '../../../domain/where.js';

interface Sources {
  readonly book: Pick<GuardBook, 'cases'>;
  readonly changes: Pick<ChangeBook, 'granted'>;
  readonly inventory: Pick<FleetInventory, 'member'>;
  readonly clock: { now(): number };
}

const mostCases = 20_000;
const mostNodesTold = 1_000;

/** What has been begun where a metric is about, and is not over. */
export async function underWay(
  sources: Sources,
  { where }: { readonly where: Where },
): Promise<Omit<Regression, 'verdict'>> {
  const processes = await sources.book.cases({ since: 0, active: true, limit: mostCases });
  const cases = await ofPlace(
    sources,
    processes.map((one) => ({ ...one, owner: ownOwner })),
    where,
  );
  const granted = await grantedChanges(sources, where);
  const nodes = new Set([...cases, ...granted.map(({ change }) => change)].map(({ node }) => node));
  return {
    since: Math.min(sources.clock.now(), ...cases.map(({ at }) => at)),
    nodes: [...nodes].slice(0, mostNodesTold),
    count: nodes.size,
    changes: granted.map(({ change }) => change.id),
  };
}

/** Changes of others that have leave, and that it is about. */
export async function grantedChanges(
  { changes, inventory }: Pick<Sources, 'changes' | 'inventory'>,
  where: Where,
): Promise<readonly ChangeRow[]> {
  const granted = await changes.granted();
  const about = await ofPlace(
    { inventory },
    granted.map(({ change }) => change),
    where,
  );
  return granted.filter(({ change }) => about.includes(change));
}

/** Nodes that are in no inventory are nowhere. */
async function ofPlace<Item extends Parameters<typeof isAbout>[1]>(
  { inventory }: Pick<Sources, 'inventory'>,
  items: readonly Item[],
  where: Where,
): Promise<readonly Item[]> {
  const placed = await Promise.all(
    items.map(async (item) => ({ item, member: await inventory.member(item.node) })),
  );
  return placed.flatMap(({ item, member }) =>
    member !== undefined && isAbout(where, item, member) ? [item] : [],
  );
}
