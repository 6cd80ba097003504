import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import { operations } from '../../domain/command.js';
import { unknownPlaces, type UnknownPlace } from '../../services/guard/unknown-places.js';
import type { Configuration } from './configuration.js';
import type { LocatedConfiguration } from './load.js';
import type { ConfigurationProblem } from './problems.js';

/**
 * What the guard's section names and the inventory does not have, where it stands in the file.
 * @param labels those that the inventory keeps by now: of others it can't tell
 */
export async function fleetProblems(
  { configuration, problemAt }: LocatedConfiguration,
  inventory: Pick<FleetInventory, 'picture'>,
  labels: readonly string[],
): Promise<readonly ConfigurationProblem[]> {
  const { clusters, guard } = configuration;
  const pictures = new Map<string, FleetPicture>();
  for (const { name } of clusters) {
    const picture = await inventory.picture(name);
    if (picture !== undefined) pictures.set(name, picture);
  }
  const { budgets, business } = guard.policy;
  const rules = { budgets, breakers: guard.breakers, metrics: business.metrics };
  const fleet = { clusters: clusters.map(({ name }) => name), labels, pictures };
  return unknownPlaces(rules, fleet).map((place) =>
    problemAt(['guard', place.kind, positionOf(guard, place), ...place.path], place.reason),
  );
}

/** Which one of its list in the file it is. */
function positionOf({ policy, breakers }: Configuration['guard'], { kind, name }: UnknownPlace): number {
  const rules = {
    // Those of the operations stand first, under another key.
    budgets: policy.budgets.slice(operations.length),
    breakers,
    metrics: policy.business.metrics,
  };
  return rules[kind].findIndex((rule) => rule.name === name);
}
