import { operations, ownOperations, takingOut, type Operation } from '../../domain/command.js';
import { canonicalJson } from '../../domain/json.js';
import { ownOwner } from '../../domain/permit-request.js';
import type { Breaker } from '../../services/guard/breakers.js';
import type { Budget, OperationLimits } from '../../services/guard/policy.js';
import { areAlways } from '../../services/guard/quiet-hours.js';
import { mostCases } from '../../services/guard/recent-cases.js';
import type { Compilation } from './compilation.js';
import { checkClusters, plainWhere } from './compile-where.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type BudgetSection = ConfigurationFile['guard']['budgets'][number];

/** The guard's section, compiled, and what it is held against. */
interface CompiledGuard {
  readonly limits: Readonly<Record<Operation, OperationLimits>>;
  /** Those under `guard.budgets`, in their order. */
  readonly budgets: readonly Budget[];
  readonly breakers: readonly Breaker[];
  readonly lookEveryMs: number;
  /** Names of those that are configured. */
  readonly clusters: readonly string[];
}

/** Notes what a budget can not mean by its form alone. */
export function checkBudgetForm(context: Compilation, path: KeyPath, given: BudgetSection): void {
  const { atOnce, rate, minimumHealthy, quietHours, scope } = given;
  if (atOnce !== undefined && atOnce.share === undefined && atOnce.count === undefined)
    context.problem([...path, 'atOnce'], 'needs share or count, or both');
  if (atOnce === undefined && rate === undefined && minimumHealthy === undefined && quietHours.length === 0)
    context.problem(path, 'limits nothing: add atOnce, rate, minimumHealthy or quietHours');
  if (scope === 'node' && (atOnce?.share !== undefined || minimumHealthy !== undefined))
    context.problem(
      [...path, 'scope'],
      'of a single node there is no share and no minimum: use atOnce.count or rate',
    );
}

/** Notes what contradicts itself, never holds, or is said twice: whoever wrote that meant something else. */
export function checkGuard(context: Compilation, guard: CompiledGuard): void {
  for (const [index, budget] of guard.budgets.entries()) {
    const path = ['guard', 'budgets', index];
    checkContradictions(context, path, budget);
    checkAskers(context, path, budget);
    checkClusters(context, path, budget.where, guard.clusters);
    checkSameBudget(context, index, guard);
  }
  for (const [index, breaker] of guard.breakers.entries()) {
    const path = ['guard', 'breakers', index];
    checkTrips(context, path, breaker, guard.lookEveryMs);
    checkClusters(context, path, breaker.where, guard.clusters);
    checkSameBreaker(context, path, breaker, guard.breakers.slice(0, index));
  }
}

function checkContradictions(context: Compilation, path: KeyPath, budget: Budget): void {
  const { atOnce, rate, minimumHealthy, quietHours, operations: limited } = budget;
  const forbids = atOnce?.share === 0 || atOnce?.count === 0;
  if (forbids && (rate !== undefined || minimumHealthy !== undefined || quietHours.length > 0))
    context.problem(
      [...path, 'atOnce'],
      'allows nothing at all, so that nothing else of this budget ever holds: leave the rest out, or allow at least one',
    );
  if (minimumHealthy !== undefined) checkHealthy(context, [...path, 'minimumHealthy'], budget);
  if (minimumHealthy !== undefined && !limited.some((operation) => takingOut.includes(operation)))
    context.problem(
      [...path, 'minimumHealthy'],
      `never holds: only ${takingOut.join(' and ')} take nodes out of service`,
    );
  if (areAlways(quietHours))
    context.problem(
      [...path, 'quietHours'],
      'are always, so that nothing is ever begun: leave hours between them, or say so by atOnce: {count: 0}',
    );
}

/** Who reported a fault is known of our own commands alone, and those never ask for some operations. */
function checkAskers(
  context: Compilation,
  path: KeyPath,
  { operations: limited, scope, where }: Budget,
): void {
  const { owners, reporters } = where;
  const isAskedByUs = limited.some((operation) => ownOperations.includes(operation));
  if (!isAskedByUs && owners?.every((owner) => owner === ownOwner) === true)
    context.problem(
      [...path, 'where', 'owners'],
      `never holds: ${ownOwner} itself asks for nothing of this, but ${ownOperations.join(', ')}`,
    );
  const isAboutReporters = scope.kind === 'reporter' || reporters !== undefined;
  if (isAboutReporters && !(isAskedByUs && (owners?.includes(ownOwner) ?? true)))
    context.problem(
      [...path, ...(reporters === undefined ? ['scope'] : ['where', 'reporters'])],
      `never holds: nobody who asks for this says who reported a fault; that is known only where ${ownOwner} itself asks`,
    );
}

function checkHealthy(context: Compilation, path: KeyPath, { atOnce, minimumHealthy }: Budget): void {
  const healthy =
    minimumHealthy !== undefined && 'share' in minimumHealthy ? minimumHealthy.share : undefined;
  if (healthy === undefined) return;
  if (atOnce?.share !== undefined && atOnce.share + healthy > 1)
    context.problem(
      path,
      `contradicts atOnce: with ${atOnce.share} of the nodes out, ${healthy} of them can't be healthy`,
    );
  if (healthy === 1 && atOnce?.count !== undefined && atOnce.count > 0)
    context.problem(
      path,
      `contradicts atOnce: with ${atOnce.count} out, not all nodes can be healthy; none at all is atOnce: {count: 0}`,
    );
}

/** Names tell counters apart; and who sets two limits for the same says not which of them is meant. */
function checkSameBudget(context: Compilation, index: number, { budgets, limits }: CompiledGuard): void {
  const budget = budgets[index];
  if (budget === undefined) return;
  const path = ['guard', 'budgets', index];
  const before = budgets.slice(0, index);
  if (operations.some((operation) => operation === budget.name))
    context.problem(
      [...path, 'name'],
      `${budget.name} is the budget under guard.operations: change it there, or name this one otherwise`,
    );
  if (before.some(({ name }) => name === budget.name))
    context.problem([...path, 'name'], `${budget.name} is there twice: each budget has its own name`);
  const same = before.findIndex((other) => meaning(other) === meaning(budget));
  if (same >= 0)
    context.problem(path, `is about the same as guard.budgets[${same}]: write both limits in one budget`);
  checkOperationLimits(context, path, budget, limits);
}

/** The limits of each operation are budgets as well. */
function checkOperationLimits(
  context: Compilation,
  path: KeyPath,
  budget: Budget,
  limits: CompiledGuard['limits'],
): void {
  const [operation, ...more] = budget.operations;
  if (operation === undefined || more.length > 0) return;
  const whole = { operations: [operation], scope: { kind: 'cluster' }, where: {} } as const;
  if (meaning(budget) !== meaning(whole)) return;
  const twice = (part: string, there: string): void => {
    context.problem([...path, part], `is what guard.operations.${operation}.${there} says: change it there`);
  };
  if (budget.atOnce?.share !== undefined) twice('atOnce', 'share');
  if (budget.rate?.windowMs === limits[operation].rateWindowMs) twice('rate', 'rate');
}

function checkTrips(context: Compilation, path: KeyPath, breaker: Breaker, lookEveryMs: number): void {
  if (breaker.nodes > mostCases)
    context.problem(
      [...path, 'nodes'],
      `never trips: at most ${mostCases} new faults are looked at together`,
    );
  if (breaker.where.owners !== undefined)
    context.problem(
      [...path, 'where', 'owners'],
      'never trips: a fault has no owner, only a change has; leave it out',
    );
  if (breaker.withinMs < lookEveryMs)
    context.problem(
      [...path, 'within'],
      'is shorter than guard.lookEvery: faults would come and be too old between two looks',
    );
}

function checkSameBreaker(
  context: Compilation,
  path: KeyPath,
  breaker: Breaker,
  before: readonly Breaker[],
): void {
  if (before.some(({ name }) => name === breaker.name))
    context.problem([...path, 'name'], `${breaker.name} is there twice: each breaker has its own name`);
  const meant = (one: Breaker): string =>
    canonicalJson({ scope: one.scope, where: plainWhere(one.where), withinMs: one.withinMs });
  const same = before.findIndex((other) => meant(other) === meant(breaker));
  if (same >= 0)
    context.problem(
      path,
      `counts the same as guard.breakers[${same}]: keep the limit that is meant in one of them`,
    );
}

function meaning({
  operations: limited,
  scope,
  where,
}: Pick<Budget, 'operations' | 'scope' | 'where'>): string {
  return canonicalJson({ limited: [...limited].sort(), scope, where: plainWhere(where) });
}
