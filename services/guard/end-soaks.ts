import type { ChangeBook, SoakingChange } from '../../adapters/ports/change-book.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ChangeMetrics } from '../../adapters/ports/metrics.js';
import { namesOf } from '../../domain/identifiers.js';
import type { FleetPictures } from './fleet-pictures.js';
import { judgeSoak } from './judge-soak.js';

export interface SoakWatch {
  readonly changes: Pick<ChangeBook, 'soaking' | 'endSoak'>;
  readonly inventory: Pick<FleetInventory, 'member'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ChangeMetrics;
}

/**
 * Ends the soaks that are over, and those whose nodes turned out not to be well: of these somebody is told. Several copies may do
 * this; each end is written once.
 */
export async function endSoaks(watch: SoakWatch, pictures: Pick<FleetPictures, 'of'>): Promise<void> {
  for (const soaking of await watch.changes.soaking()) await endSoak(watch, pictures, soaking);
}

async function endSoak(
  { changes, inventory, clock, log, metrics }: SoakWatch,
  pictures: Pick<FleetPictures, 'of'>,
  soaking: SoakingChange,
): Promise<void> {
  const { id, node, owner, operation } = soaking.change;
  const [member, picture] = await Promise.all([
    inventory.member(node),
    pictures.of(namesOf(node).cluster, () => clock.now()),
  ]);
  const end = judgeSoak(soaking, { member, observedAt: picture?.observedAt }, clock.now());
  if (end === undefined || !(await changes.endSoak(id, end)) || end.how === 'succeeded') return;
  log.error(
    { change: id, owner, node, operation },
    `${owner} said that ${operation} of ${node} has succeeded, but ${end.message ?? ''}: look whether its change is the cause before it goes on`,
  );
  metrics?.changeRegressed(operation);
}
