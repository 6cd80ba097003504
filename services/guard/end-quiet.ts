import type { GuardBook, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { Log } from '../../adapters/ports/log.js';
import type { Incident, Pause } from '../../domain/pause.js';
import type { Breaker } from './breakers.js';
import { growthOf } from './correlate.js';
import { ofPlace } from './of-place.js';
import { mostCases } from './recent-cases.js';

interface Means {
  readonly book: Pick<GuardBook, 'cases' | 'update' | 'end'>;
  readonly inventory: Pick<FleetInventory, 'member'>;
  readonly log: Log;
}

/**
 * Ends incidents of which nothing new came for as long as their breaker says. A fault counts by where it is, however few there are: below
 * the limit of the breaker it is none the less of what tripped it. What was denied stays until a person ends it: whoever reports falsely has
 * not been mended by falling silent.
 */
export async function endQuiet(
  means: Means,
  breakers: readonly Breaker[],
  { pauses, now }: Pick<GuardPresent, 'pauses'> & { readonly now: number },
): Promise<void> {
  const { book, log } = means;
  for (const pause of pauses) {
    const { id, incident } = pause;
    if (incident === undefined || incident.denied !== undefined) continue;
    const breaker = breakers.find(({ name }) => name === incident.breaker);
    if (breaker?.endsAfterMs === undefined || incident.latestAt + breaker.endsAfterMs > now) continue;
    const grown = await grownSince(means, pause, incident);
    if (grown !== undefined) {
      await book.update(id, grown);
      if (grown.latestAt + breaker.endsAfterMs > now) continue;
    }
    const end = {
      ...({ how: 'over', by: `breaker ${breaker.name}`, at: now } as const),
      reason: 'no new fault came for as long as the breaker says',
    };
    if (await book.end(id, end)) log.warn({ pause: id }, 'an incident is over by the rule of its breaker');
  }
}

/** Undefined: nothing new. */
async function grownSince(
  { book, inventory }: Means,
  { where }: Pause,
  incident: Incident,
): Promise<Incident | undefined> {
  const since = incident.latestAt + 1;
  const decided = await book.cases({ since, byDecision: true, limit: mostCases });
  const cases = await ofPlace(inventory, decided, where);
  return growthOf(incident, {
    ...incident,
    nodes: cases.map(({ node }) => node),
    faultTypes: cases.map(({ faultType }) => faultType),
    latestAt: Math.max(incident.latestAt, ...cases.map(({ at }) => at)),
  });
}
