import type { AdvanceRequest, Journal } from '../../adapters/ports/journal.js';
import type { Incarnation } from '../scheduler/incarnation.js';

/** A copy can't decide this input, as a bug of one release in one case: what it says is no promise of ours. */
class Tripped extends Error {
  override readonly name = 'Tripped';
}

/** The same journal; whoever decides trips over some inputs, so that their nodes are parked. */
export function tripping(journal: Journal, incarnation: Incarnation): Journal {
  return {
    installation: () => journal.installation(),
    startAt: (group, assigned) => journal.startAt(group, assigned),
    advance: (request) => journal.advance({ ...request, decide: trippingIn(request, incarnation) }),
  };
}

/** Within one batch it is always the same ones, however often they are tried. */
function trippingIn({ decide }: AdvanceRequest, incarnation: Incarnation): AdvanceRequest['decide'] {
  const known = new Map<string, boolean>();
  return (state, input) => {
    const trips = known.get(input.causeId) ?? incarnation.trips(input.causeId);
    known.set(input.causeId, trips);
    if (trips) throw new Tripped(`simulated: ${input.kind} ${input.causeId} can't be decided`);
    return decide(state, input);
  };
}
