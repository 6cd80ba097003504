import type { FaultCase, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { CauseId } from '../../domain/identifiers.js';
import { ownOwner } from '../../domain/permit-request.js';
import { questionOf, type Pause } from '../../domain/pause.js';
import { isAbout } from '../../domain/where.js';
import { isStage, takesOrder } from '../../workflows/orders.js';
import { stableId } from '../stable-id.js';
import { grantedChanges } from './metrics/under-way.js';
import type { FleetGuardOptions } from './watch-fleet.js';

/** By their ids the orders that were given. */
export type ToldProcesses = Set<CauseId>;

/** One look tells so many; the others come with a later one, when those are over. */
const mostAtOnce = 20_000;

/**
 * Of what a person said no to: every process that it is about and that began between what it first saw and the answer
 * hears that there is no fault, wherever its stage takes that; others verify by themselves, or are told in a later stage.
 * Said again by another copy or after a restart, it is the same order. Of a regression others lose their leave as well.
 */
export async function takeBack(
  options: Pick<FleetGuardOptions, 'book' | 'changes' | 'inventory' | 'dismiss' | 'log'>,
  { pauses }: GuardPresent,
  told: ToldProcesses,
): Promise<void> {
  const denied = pauses.filter((pause) => questionOf(pause)?.denied !== undefined);
  if (denied.length === 0) told.clear();
  for (const pause of denied) {
    const taken = (await takeBackOf(options, pause, told)) + (await revokeChanges(options, pause));
    if (taken > 0)
      options.log.warn({ pause: pause.id, taken }, 'a person said no: what was begun is taken back');
  }
}

async function takeBackOf(
  { book, inventory, dismiss }: Parameters<typeof takeBack>[0],
  pause: Pause,
  told: ToldProcesses,
): Promise<number> {
  const { id, where } = pause;
  const question = questionOf(pause);
  if (question?.denied === undefined) return 0;
  const { since, denied } = question;
  const running = await book.cases({ since, active: true, limit: mostAtOnce });
  let taken = 0;
  for (const one of running) {
    const order = stableId('guard', 'denied', id, one.processId, one.stage) as CauseId;
    if (one.at > denied.at || told.has(order) || !takesDismissal(one)) continue;
    const member = await inventory.member(one.node);
    if (member === undefined || !isAbout(where, { ...one, owner: ownOwner }, member)) continue;
    const { processId } = one;
    await dismiss(
      one.node,
      { processId, subject: denied.by, reason: `${id} denied: ${denied.reason}` },
      order,
    );
    told.add(order);
    taken += 1;
  }
  return taken;
}

/** Whoever has leave is told at the next heartbeat that it is over. What was granted after the answer is none of it. */
async function revokeChanges(
  { changes, inventory, log }: Parameters<typeof takeBack>[0],
  { id, where, regression }: Pause,
): Promise<number> {
  if (regression?.denied === undefined) return 0;
  const { by, reason, at } = regression.denied;
  let revoked = 0;
  for (const { change, granted } of await grantedChanges({ changes, inventory }, where)) {
    if (granted === undefined || granted.at > at) continue;
    const end = { how: 'cancelled', by, message: `${id} denied: ${reason}`, at } as const;
    if (!(await changes.end(change.id, end))) continue;
    log.warn(
      { pause: id, change: change.id, owner: change.owner },
      'a change lost its leave: a person said no',
    );
    revoked += 1;
  }
  return revoked;
}

function takesDismissal({ stage }: FaultCase): boolean {
  return isStage(stage) && takesOrder(stage, 'dismiss');
}
