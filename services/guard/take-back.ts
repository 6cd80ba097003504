import type { FaultCase, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { Operation } from '../../domain/command.js';
import type { CauseId } from '../../domain/identifiers.js';
import { ownOwner } from '../../domain/permit-request.js';
import { questionOf, type Pause, type Verdict } from '../../domain/pause.js';
import { isStage, takesOrder, type Stage } from '../../workflows/orders.js';
import { stableId } from '../stable-id.js';
import { ofPlace } from './of-place.js';
import { grantedChanges, runningProcesses } from './metrics/under-way.js';
import type { FleetGuardOptions, OwnOrder } from './watch-fleet.js';

/** By their ids the orders that were given. */
export type ToldProcesses = Set<CauseId>;

/** A pause that a person said no to. */
interface Denial extends Pick<Pause, 'id' | 'where' | 'operations'> {
  readonly since: number;
  readonly denied: Verdict;
}

type Means = Pick<FleetGuardOptions, 'book' | 'changes' | 'inventory' | 'order' | 'log'>;

/** One look tells so many; the others come with a later one, when those are over. */
const mostAtOnce = 20_000;

/**
 * Where our own process goes on with what it got leave for, and may stop at any moment. What waits for leave is held by the pause;
 * a machine that is switched off or installed anew is left to its process.
 */
const stoppable: Partial<Record<Stage, readonly Operation[]>> = {
  evacuating: ['migrate'],
  deletingWorkload: ['migrate', 'delete-pods'],
};

/**
 * Takes back what persons said no to. An order has to fit the stage of its process: others verify by themselves, or are told in a later
 * stage. Said again by another copy or after a restart, it is the same order.
 */
export async function takeBack(means: Means, { pauses }: GuardPresent, told: ToldProcesses): Promise<void> {
  const denials = pauses.flatMap((pause) => {
    const { denied, since = 0 } = questionOf(pause) ?? {};
    return denied === undefined ? [] : [{ pause, denial: { ...pause, since, denied } }];
  });
  if (denials.length === 0) told.clear();
  for (const { pause, denial } of denials) {
    const taken =
      pause.incident === undefined
        ? (await stopProcesses(means, denial, told)) + (await revokeChanges(means, denial))
        : await dismissProcesses(means, denial, told);
    if (taken > 0)
      means.log.warn({ pause: pause.id, taken }, 'a person said no: what was begun is taken back');
  }
}

/** A false alarm: what began between the first of its faults and the answer hears that there is no fault. */
async function dismissProcesses(means: Means, denial: Denial, told: ToldProcesses): Promise<number> {
  const { since, where } = denial;
  const running = await means.book.cases({ since, active: true, byDecision: true, limit: mostAtOnce });
  let taken = 0;
  const ours = running.map((one) => ({ ...one, owner: ownOwner }));
  for (const one of await ofPlace(means.inventory, ours, where))
    if (await tell(means, { denial, one, kind: 'dismiss' }, told)) taken += 1;
  return taken;
}

/** That the business does badly says nothing about a fault: its process stops and leaves the node, out of service, to a person. */
async function stopProcesses(means: Means, denial: Denial, told: ToldProcesses): Promise<number> {
  const { operations } = denial;
  let taken = 0;
  for (const one of await runningProcesses(means, denial)) {
    const does = isStage(one.stage) ? (stoppable[one.stage] ?? []) : [];
    if (!does.some((operation) => operations?.includes(operation) ?? true)) continue;
    if (await tell(means, { denial, one, kind: 'abort' }, told)) taken += 1;
  }
  return taken;
}

/** False: it began after the answer, was told before, or stands where it takes no such order. */
async function tell(
  { order }: Means,
  { denial, one, kind }: { readonly denial: Denial; readonly one: FaultCase } & Pick<OwnOrder, 'kind'>,
  told: ToldProcesses,
): Promise<boolean> {
  const { id, denied } = denial;
  const { node, processId, stage, at } = one;
  const cause = stableId('guard', 'denied', id, processId, stage) as CauseId;
  if (at > denied.at || told.has(cause) || !isStage(stage) || !takesOrder(stage, kind)) return false;
  const reason = `${id} denied: ${denied.reason}`;
  await order(node, { kind, processId, subject: denied.by, reason }, cause);
  told.add(cause);
  return true;
}

/** Whoever has leave is told at the next heartbeat that it is over. What was granted after the answer is none of it. */
async function revokeChanges(means: Means, denial: Denial): Promise<number> {
  const { changes, log } = means;
  const { id, denied } = denial;
  const { by, reason, at } = denied;
  let revoked = 0;
  for (const { change, granted } of await grantedChanges(means, denial)) {
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
