import type { FleetInventory } from '../../../adapters/ports/journal.js';
import type { ChangeBook, ChangeRow } from '../../../adapters/ports/change-book.js';
import type { FaultCase, GuardBook } from '../../../adapters/ports/guard-book.js';
import { ownOperations } from '../../../domain/command.js';
import type { Pause, Regression } from '../../../domain/pause.js';
import type { RolloutChange } from '../../../domain/change.js';
import { ownOwner } from '../../../domain/permit-request.js';
import { isAboutPart, type Where } from '../../../domain/where.js';
import { mostNodesTold } from '../breakers.js';
import { ofPlace, partsOf } from '../of-place.js';

interface Sources {
  readonly book: Pick<GuardBook, 'cases'>;
  readonly changes: Pick<ChangeBook, 'granted'>;
  readonly inventory: Pick<FleetInventory, 'member' | 'picture'>;
}

/** What a metric is about: operations of a place that were begun at or after `since`, ms. */
type Begun = Pick<Pause, 'where' | 'operations'> & Pick<Regression, 'since'>;

const mostCases = 20_000;

/** What has been begun since where a metric is about, and is not over. */
export async function underWay(sources: Sources, begun: Begun): Promise<Omit<Regression, 'verdict'>> {
  const cases = await runningProcesses(sources, begun);
  const granted = await grantedChanges(sources, begun);
  const ofChanges = granted.flatMap(({ change: { node } }) => node ?? []);
  const nodes = new Set([...cases.map(({ node }) => node), ...ofChanges]);
  return {
    since: begun.since,
    nodes: [...nodes].slice(0, mostNodesTold),
    count: nodes.size,
    changes: granted.map(({ change }) => change.id),
  };
}

/** Processes that came to their stage since, and that it is about. One that stood there before was there while all was well. */
export async function runningProcesses(
  { book, inventory }: Pick<Sources, 'book' | 'inventory'>,
  { where, operations, since }: Begun,
): Promise<readonly FaultCase[]> {
  if (operations?.some((operation) => ownOperations.includes(operation)) === false) return [];
  const active = await book.cases({ since: 0, active: true, limit: mostCases });
  const begun = active.filter(({ at, enteredAt = at }) => enteredAt >= since);
  return ofPlace(
    inventory,
    begun.map((one) => ({ ...one, owner: ownOwner })),
    where,
  );
}

/** Changes of others that got leave since, and that it is about. */
export async function grantedChanges(
  { changes, inventory }: Pick<Sources, 'changes' | 'inventory'>,
  { where, operations, since }: Begun,
): Promise<readonly ChangeRow[]> {
  const granted = (await changes.granted()).filter(
    (row) =>
      row.granted !== undefined &&
      row.granted.at >= since &&
      (operations === undefined || operations.includes(row.change.operation)),
  );
  const about = await ofPlace(
    inventory,
    granted.flatMap(({ change }) => (change.rollout === undefined ? [change] : [])),
    where,
  );
  const ids = new Set(about.map(({ id }) => id));
  for (const { change } of granted)
    if (change.rollout !== undefined && (await isAboutRollout(inventory, where, change))) ids.add(change.id);
  return granted.filter(({ change }) => ids.has(change.id));
}

/** Whether some node that it goes through is meant. */
async function isAboutRollout(
  inventory: Pick<FleetInventory, 'picture'>,
  where: Where,
  { owner, rollout: { cluster, scope } }: RolloutChange,
): Promise<boolean> {
  const picture = await inventory.picture(cluster);
  if (picture === undefined) return false;
  return partsOf(picture, scope).some((part) => isAboutPart(where, { cluster, owner }, part));
}
