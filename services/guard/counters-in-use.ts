import type { GuardBook } from '../../adapters/ports/guard-book.js';
import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import type { Place } from '../../domain/where.js';
import { capOf, mostOut } from './caps.js';
import { namedCounter, type NamedCounter } from './counter-name.js';
import type { GuardPolicy, Scope } from './policy.js';
import { populationOf } from './scopes.js';

/** A counter of which something is taken that still counts. */
export interface CounterInUse {
  readonly counter: string;
  readonly used: number;
  /** What it may come to, by the policy and the fleet as they are now. Undefined: the policy has no such budget, or nobody has seen its cluster. */
  readonly cap?: number;
}

interface CountersSource {
  readonly book: Pick<GuardBook, 'counters'>;
  readonly inventory: Pick<FleetInventory, 'picture'>;
  readonly policy: Pick<GuardPolicy, 'budgets'>;
  /** ms */
  readonly now: number;
}

/** By name. What was taken of a rate counts as long as its window lasts. */
export async function countersInUse(source: CountersSource): Promise<readonly CounterInUse[]> {
  const counters = (await source.book.counters())
    .map((row) => ({ ...row, named: namedCounter(row.counter, source.policy.budgets) }))
    .filter(({ named }) => stillCounts(named, source.now));
  const pictures = await picturesOf(
    source.inventory,
    counters.map(({ named }) => clusterOf(named)),
  );
  return counters.map(({ counter, used, named }) => {
    const cap = capNow(named, pictures.get(clusterOf(named)));
    return { counter, used, ...(cap === undefined ? {} : { cap }) };
  });
}

function stillCounts({ kind, windowEndsAt }: NamedCounter, now: number): boolean {
  return kind !== 'rate' || (windowEndsAt !== undefined && now < windowEndsAt);
}

function capNow(
  { budget, kind, value }: NamedCounter,
  picture: FleetPicture | undefined,
): number | undefined {
  if (budget === undefined) return undefined;
  const { atOnce, rate, minimumHealthy } = budget;
  if (kind === 'rate') return rate?.count;
  if (picture === undefined) return undefined;
  const size = populationOf(budget, placeOf(budget.scope, value), picture);
  if (kind === 'in-flight' && atOnce !== undefined) return capOf(atOnce, size);
  return kind === 'healthy' && minimumHealthy !== undefined ? mostOut(minimumHealthy, size) : undefined;
}

/** Where those are that a counter counts, as far as its scope says so. */
function placeOf(scope: Scope, value: string): Place {
  const [, within = ''] = /^[^/]*\/(.*)$/.exec(value) ?? [];
  return {
    pool: scope.kind === 'pool' ? within : '',
    zone: scope.kind === 'zone' ? within : '',
    labels: scope.kind === 'label' ? { [scope.label]: within } : {},
  };
}

function clusterOf({ value }: NamedCounter): string {
  return value.split('/', 1)[0] ?? '';
}

async function picturesOf(
  inventory: CountersSource['inventory'],
  clusters: readonly string[],
): Promise<ReadonlyMap<string, FleetPicture | undefined>> {
  const once = [...new Set(clusters)];
  return new Map(
    await Promise.all(once.map(async (cluster) => [cluster, await inventory.picture(cluster)] as const)),
  );
}
