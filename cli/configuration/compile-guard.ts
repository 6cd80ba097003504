import { IANAZone } from 'luxon';

import { operations, type Operation } from '../../domain/command.js';
import { faultTypes } from '../../domain/fault.js';
import type { Breaker } from '../../services/guard/breakers.js';
import {
  budgetsPerCluster,
  type Amount,
  type Budget,
  type OperationLimits,
} from '../../services/guard/policy.js';
import { parseDurationMs } from '../../services/duration.js';
import type { QuietHours } from '../../services/guard/quiet-hours.js';
import { checkBudgetForm, checkGuard } from './check-guard.js';
import type { Compilation } from './compilation.js';
import { compileMetrics, compilePrometheus } from './compile-metrics.js';
import { checkLabel, compileWhere } from './compile-where.js';
import type { Configuration } from './configuration.js';
import type { KeyPath } from './problems.js';
import { commonScopeWords, scopeWords, weekdays } from './sections/guard.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type GuardSection = ConfigurationFile['guard'];
type BudgetSection = GuardSection['budgets'][number];

/** How often those who wait ask again at the latest. */
const askAgainMs = 15_000;

/** @param clusters names of those that are configured */
export function compileGuard(
  context: Compilation,
  guard: GuardSection,
  clusters: readonly string[],
): Omit<Configuration['guard'], 'version' | 'text'> {
  const path = ['guard'];
  const lookEveryMs = context.duration([...path, 'lookEvery'], guard.lookEvery);
  const limits = Object.fromEntries(
    operations.map((operation) => [operation, compileLimit(context, guard, operation)]),
  ) as Record<Operation, OperationLimits>;
  const own = guard.budgets.map((budget, index) =>
    compileBudget(context, [...path, 'budgets', index], budget, guard),
  );
  const prometheus = compilePrometheus(context, guard.prometheus);
  const breakers = compileBreakers(context, guard);
  checkGuard(context, { limits, budgets: own, breakers, lookEveryMs, clusters });
  return {
    labels: guard.labels,
    lookEveryMs,
    policy: {
      inventoryMaximumAgeMs: context.duration([...path, 'inventoryMaximumAge'], guard.inventoryMaximumAge),
      askAgainMs,
      budgets: [...budgetsPerCluster(limits), ...own],
      business: compileMetrics(context, guard, clusters),
    },
    ...(prometheus === undefined ? {} : { prometheus }),
    breakers,
    soaksMs: compileSoaks(context, guard),
    onlyHealthy: operations.filter((operation) => guard.operations[operation].onlyHealthy),
    rolloutPauses: guard.rolloutPauses,
  };
}

function compileBreakers(context: Compilation, { breakers, labels }: GuardSection): readonly Breaker[] {
  return breakers.map(({ name, scope, where, nodes, share, within, endsAfter }, index) => {
    const path = ['guard', 'breakers', index];
    return {
      ...{ name, nodes, share },
      scope: compileScope(context, path, { scope, labels, words: commonScopeWords }),
      where: compileWhere(context, path, where, labels),
      withinMs: context.duration([...path, 'within'], within),
      ...(endsAfter === undefined
        ? {}
        : { endsAfterMs: context.duration([...path, 'endsAfter'], endsAfter) }),
    };
  });
}

export function compileSeverities({ faults }: ConfigurationFile): Configuration['severities'] {
  return Object.fromEntries(
    faultTypes.map((type) => [type, faults[type].severity]),
  ) as Configuration['severities'];
}

function compileLimit(context: Compilation, guard: GuardSection, operation: Operation): OperationLimits {
  const { share, rate, per } = guard.operations[operation];
  return { share, rate, rateWindowMs: context.duration(['guard', 'operations', operation, 'per'], per) };
}

function compileSoaks(context: Compilation, guard: GuardSection): Configuration['guard']['soaksMs'] {
  const soaks = operations.flatMap((operation) => {
    const { soak } = guard.operations[operation];
    // Elsewhere nothing can last no time; here that says that nobody watches.
    if (parseDurationMs(soak) === 0) return [];
    return [[operation, context.duration(['guard', 'operations', operation, 'soak'], soak)]];
  });
  return Object.fromEntries(soaks) as Configuration['guard']['soaksMs'];
}

function compileBudget(
  context: Compilation,
  path: KeyPath,
  given: BudgetSection,
  { labels }: GuardSection,
): Budget {
  const { name, atOnce, rate, minimumHealthy, quietHours } = given;
  const scope = compileScope(context, path, { scope: given.scope, labels, words: scopeWords });
  const healthy = compileHealthy(context, path, minimumHealthy);
  const windowMs = rate === undefined ? 0 : context.duration([...path, 'rate', 'per'], rate.per);
  checkBudgetForm(context, path, given);
  return {
    name,
    operations: given.operations,
    scope,
    where: compileWhere(context, path, given.where, labels),
    ...(atOnce === undefined ? {} : { atOnce }),
    ...(rate === undefined ? {} : { rate: { count: rate.count, windowMs } }),
    ...(healthy === undefined ? {} : { minimumHealthy: healthy }),
    quietHours: quietHours.map((hours, index) =>
      compileQuietHours(context, [...path, 'quietHours', index], hours),
    ),
  };
}

function compileScope<Word extends string>(
  context: Compilation,
  path: KeyPath,
  given: { readonly scope: string; readonly labels: readonly string[]; readonly words: readonly Word[] },
): { readonly kind: Word } | { readonly kind: 'label'; readonly label: string } {
  const { scope, labels, words } = given;
  const word = words.find((one) => one === scope);
  if (word !== undefined) return { kind: word };
  const label = scope.slice('label:'.length);
  checkLabel(context, [...path, 'scope'], label, labels);
  return { kind: 'label', label };
}

function compileHealthy(
  context: Compilation,
  path: KeyPath,
  given: BudgetSection['minimumHealthy'],
): Amount | undefined {
  if (given === undefined) return undefined;
  const { share, count } = given;
  if ((share === undefined) === (count === undefined))
    context.problem([...path, 'minimumHealthy'], 'needs share or count, and not both');
  return count === undefined ? { share: share ?? 0 } : { count };
}

function compileQuietHours(
  context: Compilation,
  path: KeyPath,
  { days, from, to, timeZone }: BudgetSection['quietHours'][number],
): QuietHours {
  if (!IANAZone.isValidZone(timeZone))
    context.problem(
      [...path, 'timeZone'],
      `${timeZone} is no time zone: write its IANA name, as Europe/Berlin`,
    );
  return {
    days: days.map((day) => weekdays.indexOf(day) + 1),
    from: minuteOf(from),
    to: minuteOf(to),
    timeZone,
  };
}

function minuteOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return hours * 60 + minutes;
}
