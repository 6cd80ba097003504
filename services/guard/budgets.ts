import type { GuardAnswer } from '../../adapters/ports/change-guard.js';
import {
  lineOfUnavailable,
  type BudgetClaim,
  type FleetMember,
  type FleetPicture,
  type OutOfService,
} from '../../adapters/ports/journal.js';
import { takingOut } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { PermitRequest } from '../../domain/permit-request.js';
import { isAbout } from '../../domain/where.js';
import { capOf, mostOut } from './caps.js';
import type { Budget, GuardPolicy } from './policy.js';
import { quietUntil } from './quiet-hours.js';
import { countedPlaces, populationNameOf, populationOf, scopeValueOf } from './scopes.js';

/** What the guard knows when it is asked. */
export interface FleetNow {
  readonly picture: FleetPicture;
  readonly member: FleetMember;
  /** ms */
  readonly now: number;
}

/** A request, and the node that it is about as the inventory knows it. */
interface Asked {
  readonly request: PermitRequest;
  readonly member: FleetMember;
}

/** Whoever waits for the end of a window or of quiet hours asks every so many ticks all the same: a wider policy may hold by then. */
export const longestWaitTicks = 20;

/** One counter that has to be taken, and when to ask again if it is full. */
interface Wanted {
  readonly claim: BudgetClaim;
  /** ms */
  readonly againAt: number;
}

/** Pure: which counters a request has to take, or why it has to wait. All budgets that are about it must have room. */
export function budgetsFor(request: PermitRequest, policy: GuardPolicy, fleet: FleetNow): GuardAnswer {
  const { picture, member, now } = fleet;
  const until = nextTick(now, policy.askAgainMs);
  const latest = nextTick(now, longestWaitTicks * policy.askAgainMs);
  const asked = { request, member };
  const budgets = policy.budgets.filter(
    ({ operations, where }) => operations.includes(request.operation) && isAbout(where, request, member),
  );
  // What nobody has set a limit for is no operation that may be done without one.
  if (budgets.length === 0) return { kind: 'wait', reason: 'NoBudget', until };
  const quiet = quietBudget(budgets, now);
  if (quiet !== undefined)
    return { kind: 'wait', reason: `QuietHours: ${quiet.name}`, until: Math.min(quiet.until, latest) };
  const wanted = budgets.flatMap((budget) => wantedOf(budget, asked, { picture, now, until }));
  return {
    kind: 'ask',
    budgets: wanted.map(({ claim, againAt }) => (againAt > latest ? { ...claim, isFarOff: true } : claim)),
    askAgainAt: Object.fromEntries(
      wanted.map(({ claim: { counter }, againAt }) => [counter, Math.min(againAt, latest)]),
    ),
  };
}

/** The last of the quiet hours that hold now, and when they are over, ms. */
export function quietBudget(
  budgets: readonly Budget[],
  now: number,
): { readonly name: string; readonly until: number } | undefined {
  const quiet = budgets.flatMap(({ name, quietHours }) =>
    quietHours.flatMap((hours) => {
      const until = quietUntil(hours, now);
      return until === undefined ? [] : [{ name, until }];
    }),
  );
  return quiet.sort((a, b) => b.until - a.until)[0];
}

function wantedOf(
  budget: Budget,
  asked: Asked,
  { picture, now, until }: { readonly picture: FleetPicture; readonly now: number; readonly until: number },
): readonly Wanted[] {
  const value = scopeValueOf(budget.scope, asked.request, asked.member);
  if (value === undefined) return [];
  const { operation } = asked.request;
  const size = populationOf(budget, asked.member, picture);
  const claims = [...inFlightOf(budget, value, asked, size), ...healthyOf(budget, asked, size)];
  const rate = budget.rate === undefined ? [] : [rateOf(budget.name, budget.rate, value, { operation, now })];
  return [...claims.map((claim) => ({ claim, againAt: until })), ...rate];
}

/**
 * Nodes that others keep out leave less for us, or the limit would never hold: for a node in service. One that is out already
 * takes nothing more from the fleet, so that repair goes on while many are down; how many are repaired at once is bounded all the same.
 */
function inFlightOf(budget: Budget, value: string, asked: Asked, size: number): readonly BudgetClaim[] {
  if (budget.atOnce === undefined) return [];
  const { operation } = asked.request;
  const counter = `${budget.name}/in-flight/${value}`;
  const until = canTakeOut(asked.request) ? 'returned' : 'settled';
  const cap = capOf(budget.atOnce, size);
  const claim: BudgetClaim = { counter, ...linesOf(counter, asked), operation, cap, until };
  return [takesOut(asked) ? { ...claim, outOfService: outOf(budget, asked, 'others') } : claim];
}

/** What has to stay healthy is a matter of the nodes, whoever takes them out and by which budget: of a scope that is none of nodes all values count together. */
function healthyOf(budget: Budget, asked: Asked, size: number): readonly BudgetClaim[] {
  const { request, member } = asked;
  const name = populationNameOf(budget.scope, request, member);
  if (budget.minimumHealthy === undefined || name === undefined || !takesOut(asked)) return [];
  const counter = `${budget.name}/healthy/${name}`;
  return [
    {
      ...{ counter, line: counter, operation: request.operation, until: 'returned' },
      ...{ cap: mostOut(budget.minimumHealthy, size), outOfService: outOf(budget, asked, 'everybody') },
    },
  ];
}

function outOf(budget: Budget, { request, member }: Asked, who: OutOfService['who']): OutOfService {
  return { cluster: namesOf(request.node).cluster, where: countedPlaces(budget, member), who };
}

/**
 * A node that would be taken out has a smaller cap where many are out, so nobody else may be held up by it: with one line a
 * node that was to be given back waited for a healthy one, which waited for it. The other way round it has to wait its turn.
 */
function linesOf(counter: string, asked: Asked): Pick<BudgetClaim, 'line' | 'yieldsTo'> {
  const other = lineOfUnavailable(counter);
  if (!canTakeOut(asked.request)) return { line: counter };
  return takesOut(asked) ? { line: counter, yieldsTo: other } : { line: other };
}

function rateOf(
  name: string,
  { count, windowMs }: NonNullable<Budget['rate']>,
  value: string,
  { operation, now }: { readonly operation: BudgetClaim['operation']; readonly now: number },
): Wanted {
  const start = Math.floor(now / windowMs) * windowMs;
  const line = `${name}/rate/${value}`;
  return {
    claim: {
      counter: `${line}/${new Date(start).toISOString()}`,
      line,
      operation,
      cap: count,
      until: 'never',
    },
    againAt: start + windowMs,
  };
}

function canTakeOut({ operation }: PermitRequest): boolean {
  return takingOut.includes(operation);
}

function takesOut({ request, member }: Asked): boolean {
  return !member.unavailable && canTakeOut(request);
}

/** Everyone who waits asks at the same moment, and the queue hands out the first in line first: no luck with the timing. */
export function nextTick(now: number, widthMs: number): number {
  return (Math.floor(now / widthMs) + 1) * widthMs;
}
