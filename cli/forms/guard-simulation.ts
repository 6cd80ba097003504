import { Type, type Static } from '@sinclair/typebox';

import { operations } from '../../domain/command.js';
import { form, instant, part, word } from '../../services/console/forms/form.js';

const count = Type.Integer({ minimum: 0 });
const seconds = Type.Number({ minimum: 0, description: 'Seconds.' });

/** How long those that were held waited. */
const held = { held: count, p50: seconds, p95: seconds, longest: seconds };

const playedOperation = part({
  operation: word(operations),
  asked: count,
  atOnce: Type.Integer({ minimum: 0, description: 'Allowed at once under the policy that was played.' }),
  ...held,
  stillWaiting: Type.Integer({ minimum: 0, description: 'Of those held: still waiting at the end.' }),
  inFact: part({
    ...held,
    unknown: Type.Integer({ minimum: 0, description: 'Of which nobody knows any more when they began.' }),
  }),
});
export type PlayedOperationItem = Static<typeof playedOperation>;

const playedHold = part({
  by: Type.String({ description: 'Budget and kind of limit, quiet hours, or the pause.' }),
  ...held,
});
export type PlayedHoldItem = Static<typeof playedHold>;

const playedTrip = part({
  breaker: Type.String(),
  common: Type.String({ description: 'What was counted together.' }),
  at: instant,
  nodes: Type.Integer({ minimum: 1, description: 'The most nodes that it counted.' }),
});
export type PlayedTripItem = Static<typeof playedTrip>;

const heldOperation = part({
  cluster: Type.String(),
  node: Type.String(),
  operation: word(operations),
  askedAt: instant,
  waited: Type.Optional(Type.Number({ description: 'Seconds; absent: it still waited at the end.' })),
  waitedInFact: Type.Optional(Type.Number({ description: 'Seconds; absent: nobody knows.' })),
  by: Type.String({ description: 'What held it longest.' }),
});
export type HeldOperationItem = Static<typeof heldOperation>;

export const guardSimulation = form(
  'GuardSimulation',
  {
    policy: Type.String({ description: 'Version of the policy that was played.' }),
    since: instant,
    until: instant,
    operations: Type.Array(playedOperation),
    heldBy: Type.Array(playedHold, { description: 'Each wait counts for what it was for.' }),
    trips: Type.Array(playedTrip, { description: 'Breakers that would have tripped.' }),
    first: Type.Array(heldOperation, { description: 'The first that would have been held.' }),
    leftOut: part({ operations: count, faults: count }),
    notKnown: Type.Array(Type.String(), { description: 'What such a play can not know, in words.' }),
  },
  'What a policy of the change guard would have allowed and held in the recorded history.',
);
export type GuardSimulation = Static<typeof guardSimulation>;
