import type { Incident, Pause } from '../../domain/pause.js';
import { isAbout, type Where } from '../../domain/where.js';
import { mostNodesTold, type Trip } from './breakers.js';

/** What is to be done about a trip. */
export type Step =
  | { readonly kind: 'begin'; readonly trip: Trip }
  | { readonly kind: 'grow'; readonly pause: Pause; readonly incident: Incident }
  /** All of it is part of a greater one: the key of that. */
  | { readonly kind: 'join'; readonly pause: Pause; readonly into: string };

interface Found {
  readonly trip: Trip;
  readonly known: Pause | undefined;
}

/**
 * Pure: one question for what fails together, however many breakers see a part of it. The one that counts the most nodes is
 * the incident; another is part of it when all that it has seen lies where that one holds. A step comes after those that it
 * relies on, so that nothing goes on in between.
 * @param inForce of which persons have denied some: those keep standing for themselves
 */
export function correlate(trips: readonly Trip[], inForce: readonly Pause[]): readonly Step[] {
  const incidents = inForce.filter(({ incident }) => incident !== undefined);
  const seen = new Set(trips.map(({ key }) => key));
  const accepted: { key: string; where: Where }[] = incidents.filter(({ key }) => !seen.has(key));
  const steps: Step[] = [];
  for (const { trip, known } of greatestFirst(trips, incidents)) {
    const greater = accepted.find(({ where }) => trip.cases.every((one) => isAbout(where, one, one.member)));
    if (greater === undefined || isDenied(known)) accepted.push(trip);
    if (known?.incident === undefined) {
      if (greater === undefined) steps.push({ kind: 'begin', trip });
    } else if (!isDenied(known)) {
      const grown = growthOf(known.incident, trip.incident);
      if (greater !== undefined) steps.push({ kind: 'join', pause: known, into: greater.key });
      else if (grown !== undefined) steps.push({ kind: 'grow', pause: known, incident: grown });
    }
  }
  return steps;
}

function isDenied(pause: Pause | undefined): boolean {
  return pause?.incident?.denied !== undefined;
}

/** Of equals the one that is in force already, then the one whose breaker stands first. */
function greatestFirst(trips: readonly Trip[], incidents: readonly Pause[]): readonly Found[] {
  return trips
    .map((trip) => ({ trip, known: incidents.find(({ key }) => key === trip.key) }))
    .sort(
      (one, other) =>
        other.trip.incident.count - one.trip.incident.count ||
        Number(other.known !== undefined) - Number(one.known !== undefined),
    );
}

/** What is known of an incident with what was seen now. Undefined: nothing new. */
export function growthOf(
  known: Incident,
  { nodes, faultTypes, latestAt, shared, count }: Incident,
): Incident | undefined {
  if (latestAt <= known.latestAt) return undefined;
  const all = new Set([...known.nodes, ...nodes]);
  return {
    ...known,
    nodes: [...all].slice(0, mostNodesTold),
    count: Math.max(known.count, count, all.size),
    faultTypes: [...new Set([...known.faultTypes, ...faultTypes])].sort(),
    ...{ latestAt, shared },
  };
}
