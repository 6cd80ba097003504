import { commandCatalog, type Command, type CommandResult } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { ChangeGuard, GuardAnswer, Leave } from '../../adapters/ports/change-guard.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { ClaimAnswer, CommandQueue, QueuedCommand } from '../../adapters/ports/journal.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import { waitingReason, type RefusedByCounter } from '../../adapters/ports/line-wait.js';
import { leaseWait, type LeasesOfClusters } from '../../adapters/ports/node-lease.js';
import type { ExecutorMetrics } from '../../adapters/ports/metrics.js';
import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';
import { backOffMs } from '../back-off.js';
import type { FirstLooks } from '../first-looks.js';
import type { Ending, Next, World } from './effect.js';
import { lookAtPresent } from './effect-of.js';
import { countRefusal, measured } from './measure.js';
import { isRefused, takeLease } from '../take-lease.js';
import type { Workload } from '../workload.js';
import type { NodeStory } from './node-story.js';
import { settingsFor, type ExecutorSettings } from './settings.js';

/** Everything one try of a command needs. */
export interface AttemptContext {
  readonly queue: CommandQueue;
  readonly clusters: ReadonlyMap<string, KubernetesCluster>;
  readonly power: PowerController | undefined;
  readonly tickets: TicketSystem | undefined;
  readonly actions: MachineActions | undefined;
  readonly guard: ChangeGuard;
  readonly leases?: LeasesOfClusters;
  readonly firstLooks: Pick<FirstLooks, 'isOver'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly settings: ExecutorSettings;
  readonly log: Log;
  readonly metrics?: ExecutorMetrics;
  readonly story: NodeStory;
  /** Whoever only has a result to store takes no place: nodes and journal would else rest in turn. */
  readonly workload: Pick<Workload, 'whileStoring'>;
  /** Tells this copy's claims from those of others. */
  readonly claimant: string;
  readonly stopping: AbortSignal;
  /** Tries of commands that were never claimed, by id. */
  readonly looks: Map<string, number>;
}

const mostLooks = 10_000;
const firstLookAgainMs = 5_000;

/**
 * One try: look, ask the guard, claim, act, settle. Every way out settles, postpones or leaves the claim to run out.
 * Resolves true when the queue has told its readers of that, false when nobody will hear of it.
 */
export async function attempt(context: AttemptContext, queued: QueuedCommand): Promise<boolean> {
  const { command } = queued;
  const { writes, permit } = commandCatalog[command.type];
  if (command.mode === 'observe' && writes)
    return settle(context, command, 'withheld', { reason: 'ModeObserve' });
  const { cluster: name } = namesOf(command.node);
  const cluster = context.clusters.get(name);
  if (cluster === undefined) return settle(context, command, 'failed', { reason: 'UnknownCluster' });
  if (!context.firstLooks.isOver(name)) return waitForFirstLook(context, command);
  // The guard's question costs nothing while the look is under way; what it says is taken only with the claim.
  const leave = askForLeave(context, queued);
  const next = await lookSafely(context, queued, worldOf(context, queued, cluster));
  if (next.kind !== 'act') return conclude(context, queued, cluster, next, 'looked');
  if (permit !== undefined && context.settings.poolWithholds(next.pool)) {
    const { observation } = next;
    const seen = observation === undefined ? {} : { observation };
    return settle(context, command, 'withheld', { reason: 'PoolModeObserve', ...seen });
  }
  const claim = await claimed(context, queued, leave);
  if (claim !== 'claimed') return claim === 'postponed';
  // The guard has looked whose the lease is; somebody may have taken it since. What was claimed stays ours meanwhile.
  const lease = permit === undefined ? undefined : await takeLease(context.leases, command.node);
  if (isRefused(lease)) {
    const refused = { kind: 'later', reason: leaseWait(lease) } as const;
    return conclude(context, queued, cluster, refused, 'acted');
  }
  context.looks.delete(command.id);
  const ending = await measured(context, command, () => actSafely(context, command, next.act));
  return conclude(context, queued, cluster, ending, 'acted');
}

/** In a new epoch the cluster was not looked at yet. That is no try: a cluster may be away for long, and nothing fails of that. */
async function waitForFirstLook({ queue, clock }: AttemptContext, { id }: Command): Promise<boolean> {
  await queue.postpone(id, { until: clock.now() + firstLookAgainMs, reason: 'ClusterNotLookedAt' });
  return true;
}

function worldOf(context: AttemptContext, queued: QueuedCommand, cluster: KubernetesCluster): World {
  const { command } = queued;
  const { clock, queue, claimant } = context;
  const { cluster: name, node: nodeName } = namesOf(command.node);
  const settings = settingsFor(context.settings, name);
  return {
    cluster,
    nodeName,
    power: context.power,
    tickets: context.tickets,
    actions: context.actions,
    clock,
    settings,
    unfinishedAttempt: queued.unfinishedAttempt,
    stopping: context.stopping,
    keepClaim: () => queue.extend(command.id, { by: claimant, now: clock.now(), leaseMs: settings.leaseMs }),
  };
}

/** An effect that throws is our mistake; it must not end in a tight loop, nor take the executor down. */
async function lookSafely(context: AttemptContext, queued: QueuedCommand, world: World): Promise<Next> {
  try {
    return await lookAtPresent(queued.command, world);
  } catch (error) {
    context.log.error({ error, command: queued.command.id }, 'the look at the present threw');
    return { kind: 'later', reason: `Threw: ${String(error)}` };
  }
}

/** What can't be repeated is not tried again after a throw: its claim runs out, then it is only observed. */
async function actSafely(
  context: AttemptContext,
  command: Command,
  act: () => Promise<Ending>,
): Promise<Ending> {
  try {
    return await act();
  } catch (error) {
    context.log.error({ error, command: command.id }, 'the effect threw');
    const { repeatable } = commandCatalog[command.type];
    return repeatable ? { kind: 'later', reason: `Threw: ${String(error)}` } : { kind: 'lost' };
  }
}

interface AskedLeave {
  readonly askedAt: number;
  readonly answer: Promise<GuardAnswer>;
}

function askForLeave(
  { guard, clock }: AttemptContext,
  { command, unfinishedAttempt }: QueuedCommand,
): AskedLeave {
  const askedAt = clock.now();
  // The budgets of an unfinished try are still taken.
  const answer: Promise<GuardAnswer> = unfinishedAttempt
    ? Promise.resolve({ kind: 'ask', budgets: [], askAgainAt: {} })
    : guard.ask(command, askedAt);
  // Whoever needs leave sees the rejection; a look that needs none goes on without it.
  answer.catch(() => undefined);
  return { askedAt, answer };
}

/** A look that took longer than this has let the guard's answer grow old: it is asked again. */
const longestLookMs = 1_000;

async function claimed(
  context: AttemptContext,
  queued: QueuedCommand,
  leave: AskedLeave,
): Promise<'claimed' | 'postponed' | 'gone'> {
  const { queue, clock } = context;
  const { command } = queued;
  const isOld = clock.now() - leave.askedAt > longestLookMs;
  const answer = await (isOld ? askForLeave(context, queued) : leave).answer;
  if (answer.kind === 'wait') {
    countRefusal(context.metrics, command, answer.reason);
    await queue.postpone(command.id, { until: answer.until, reason: answer.reason });
    return 'postponed';
  }
  const runsOutAt = clock.now() + context.settings.leaseMs;
  const claim = await claimWith(context, command, answer);
  if (claim.kind === 'claimed' && claim.attempt !== queued.attempts + 1) {
    // Somebody attempted it since it was read: what they did has to be looked for before anything is done.
    await queue.postpone(command.id, {
      until: clock.now(),
      reason: 'AttemptedByOthers',
      by: context.claimant,
    });
    return 'postponed';
  }
  if (claim.kind === 'refused') {
    await postponeRefused(context, command, { claim, answer });
    return 'postponed';
  }
  // An answer that took so long gives no right to act: whoever claims it next looks how it stands.
  return claim.kind === 'claimed' && clock.now() >= runsOutAt ? 'gone' : claim.kind;
}

type Refusal = Extract<ClaimAnswer, { readonly kind: 'refused' }>;

/**
 * It waits for what refused it: in the line of a counter it stands already. A pause that began or ended meanwhile is no refusal:
 * the guard is asked anew at once.
 */
async function postponeRefused(
  { queue, clock, metrics, settings }: AttemptContext,
  command: Command,
  { claim, answer }: { readonly claim: Refusal; readonly answer: Leave },
): Promise<void> {
  switch (claim.why) {
    case 'changed':
      await queue.postpone(command.id, { until: clock.now(), reason: 'GuardChanged' });
      return;
    case 'held': {
      const reason = `HeldByChange: ${claim.change}`;
      countRefusal(metrics, command, reason);
      // Of a change that is over it is told at once; the longest wait is for when nobody tells.
      await queue.postpone(command.id, { until: clock.now() + settings.longestRetryMs, reason });
      return;
    }
    case 'full':
    case 'behind':
      countRefusal(metrics, command, waitingReason(claim));
      // Processes that are over may still hold what is asked for; what they give back wakes the first in line.
      if (claim.why === 'full') {
        await queue.releaseEnded();
        await keepNothingForFarOff(queue, command, { claim, answer });
      }
  }
}

/** What it keeps while a window of a day lasts would lie idle for others until then. */
async function keepNothingForFarOff(
  queue: CommandQueue,
  { id }: Command,
  { claim, answer }: { readonly claim: RefusedByCounter; readonly answer: Leave },
): Promise<void> {
  const { counter } = claim;
  const until = answer.askAgainAt[counter];
  const refusing = answer.budgets.find((budget) => budget.counter === counter);
  if (refusing?.isFarOff !== true || until === undefined) return;
  await queue.postpone(id, { until, reason: waitingReason(claim), line: refusing.line });
}

function claimWith(
  context: AttemptContext,
  command: Command,
  { budgets, guardVersion, askAgainAt }: Leave,
): Promise<ClaimAnswer> {
  const { queue, claimant, clock, settings } = context;
  const now = clock.now();
  return queue.claim(command.id, {
    ...{ by: claimant, now, leaseMs: settings.leaseMs, budgets },
    waits: { full: askAgainAt, behind: now + settings.longestRetryMs },
    ...(guardVersion === undefined ? {} : { guardVersion }),
  });
}

async function conclude(
  context: AttemptContext,
  queued: QueuedCommand,
  cluster: KubernetesCluster,
  ending: Ending,
  after: 'looked' | 'acted',
): Promise<boolean> {
  const { command } = queued;
  if (ending.kind === 'lost') return false;
  if (ending.kind === 'later') return later(context, queued, ending, after);
  const isSettled = await settle(context, command, ending.status, ending.detail);
  if (ending.story !== undefined) context.story.add(cluster, ending.story);
  return isSettled;
}

async function later(
  context: AttemptContext,
  queued: QueuedCommand,
  { reason, afterMs }: Extract<Ending, { readonly kind: 'later' }>,
  after: 'looked' | 'acted',
): Promise<boolean> {
  const { looks, settings, clock, queue, randomness } = context;
  const { command } = queued;
  const tries = Math.max(looks.get(command.id) ?? 0, queued.attempts) + 1;
  if (tries >= settings.maximumTries) {
    // A look that never succeeded says nothing about an earlier try.
    const status =
      queued.unfinishedAttempt && !commandCatalog[command.type].repeatable ? 'unknown' : 'failed';
    return settle(context, command, status, { reason });
  }
  // Entries of revoked commands are never taken out one by one.
  if (looks.size > mostLooks) looks.clear();
  if (after === 'looked') looks.set(command.id, tries);
  const waitMs = backOffMs(tries, randomness, {
    firstMs: settings.firstRetryMs,
    longestMs: settings.longestRetryMs,
  });
  const until = clock.now() + Math.max(waitMs, afterMs ?? 0);
  await queue.postpone(command.id, { until, reason, ...(after === 'acted' ? { by: context.claimant } : {}) });
  return true;
}

async function settle(
  context: AttemptContext,
  command: Command,
  status: CommandResult['status'],
  detail: CommandResult['detail'],
): Promise<boolean> {
  const { id: commandId, type: commandType, processId, stageEntry } = command;
  context.looks.delete(commandId);
  const result = { commandId, commandType, processId, stageEntry, status, detail };
  const isSettled = await context.workload.whileStoring(() =>
    context.queue.settle(result, context.clock.now()),
  );
  if (isSettled) context.metrics?.commandSettled(commandType, status);
  return isSettled;
}
