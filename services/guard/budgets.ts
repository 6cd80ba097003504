import { commandCatalog, type Command, type Operation } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { GuardAnswer } from '../../adapters/ports/change-guard.js';
import type { FleetMember, FleetSummary } from '../../adapters/ports/journal.js';
import { limitsOf, type GuardPolicy } from './policy.js';

/** What the guard knows when it is asked. */
export interface FleetNow {
  readonly summary: FleetSummary | undefined;
  readonly member: FleetMember | undefined;
  /** ms */
  readonly now: number;
}

/** Pure: which counters a command has to take, or why it has to wait. Commands that need no permit take none. */
export function budgetsFor(command: Command, policy: GuardPolicy, fleet: FleetNow): GuardAnswer {
  const operation = commandCatalog[command.type].permit;
  if (operation === undefined) return { kind: 'ask', budgets: [], askAgainAt: {} };
  const { summary, member, now } = fleet;
  const until = nextTick(now, policy.askAgainMs);
  if (summary === undefined || now - summary.observedAt > policy.inventoryMaximumAgeMs) {
    return { kind: 'wait', reason: 'NoFreshInventory', until };
  }
  if (member === undefined) return { kind: 'wait', reason: 'NodeNotInInventory', until };
  return askFor(operation, namesOf(command.node).cluster, policy, { summary, member, now });
}

function askFor(
  operation: Operation,
  cluster: string,
  policy: GuardPolicy,
  { summary, member, now }: { summary: FleetSummary; member: FleetMember; now: number },
): GuardAnswer {
  const limits = limitsOf(policy, cluster, operation);
  const windowStart = Math.floor(now / limits.rateWindowMs) * limits.rateWindowMs;
  const inFlight = `${operation}/in-flight/${cluster}`;
  const rate = `${operation}/rate/${cluster}/${new Date(windowStart).toISOString()}`;
  return {
    kind: 'ask',
    budgets: [
      {
        counter: inFlight,
        cap: inFlightCap(operation, limits.share, summary, member),
        until: operation === 'isolate' ? 'returned' : 'settled',
      },
      { counter: rate, cap: limits.rate, until: 'never' },
    ],
    askAgainAt: { [inFlight]: nextTick(now, policy.askAgainMs), [rate]: windowStart + limits.rateWindowMs },
  };
}

/**
 * Nodes that others keep out of service leave less for us, or the limit would never hold. A node that is out already
 * takes nothing more from the fleet, so that repair goes on while many are down; the share still bounds it. Only
 * isolation takes a node out: whatever follows happens to a node that holds that permit.
 */
function inFlightCap(
  operation: Operation,
  share: number,
  summary: FleetSummary,
  member: FleetMember,
): number {
  const allowed = Math.max(1, Math.floor(share * summary.size));
  return operation !== 'isolate' || member.unavailable
    ? allowed
    : Math.max(0, allowed - summary.unavailableByOthers);
}

/** Everyone who waits asks at the same moment, and the queue hands out the oldest first: no luck with the timing. */
function nextTick(now: number, widthMs: number): number {
  return (Math.floor(now / widthMs) + 1) * widthMs;
}
