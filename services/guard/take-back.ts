import type { FaultCase, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { CauseId } from '../../domain/identifiers.js';
import type { Pause } from '../../domain/pause.js';
import { isAbout } from '../../domain/where.js';
import { isStage, takesOrder } from '../../workflows/orders.js';
import { stableId } from '../stable-id.js';
import type { FleetGuardOptions } from './watch-fleet.js';

/** By their ids the orders that were given. */
export type ToldProcesses = Set<CauseId>;

/** One look tells so many; the others come with a later one, when those are over. */
const mostAtOnce = 20_000;

/**
 * Of incidents that a person denied: every process that one is about and that began between its first fault and the denial
 * hears that there is no fault, wherever its stage takes that; others verify by themselves, or are told in a later stage.
 * Said again by another copy or after a restart, it is the same order.
 */
export async function takeBack(
  options: Pick<FleetGuardOptions, 'book' | 'inventory' | 'dismiss' | 'log'>,
  { pauses }: GuardPresent,
  told: ToldProcesses,
): Promise<void> {
  const denied = pauses.filter(({ incident }) => incident?.denied !== undefined);
  if (denied.length === 0) told.clear();
  for (const pause of denied) {
    const taken = await takeBackOf(options, pause, told);
    if (taken > 0)
      options.log.warn(
        { pause: pause.id, processes: taken },
        'an incident was denied: its processes are taken back',
      );
  }
}

async function takeBackOf(
  { book, inventory, dismiss }: Parameters<typeof takeBack>[0],
  { id, where, incident }: Pause,
  told: ToldProcesses,
): Promise<number> {
  if (incident?.denied === undefined) return 0;
  const { since, denied } = incident;
  const running = await book.cases({ since, active: true, limit: mostAtOnce });
  let taken = 0;
  for (const one of running) {
    const order = stableId('guard', 'denied', id, one.processId, one.stage) as CauseId;
    if (one.at > denied.at || told.has(order) || !takesDismissal(one)) continue;
    const member = await inventory.member(one.node);
    if (member === undefined || !isAbout(where, one, member)) continue;
    const { processId } = one;
    await dismiss(
      one.node,
      { processId, subject: denied.by, reason: `incident ${id} denied: ${denied.reason}` },
      order,
    );
    told.add(order);
    taken += 1;
  }
  return taken;
}

function takesDismissal({ stage }: FaultCase): boolean {
  return isStage(stage) && takesOrder(stage, 'dismiss');
}
