import { Type, type Static } from '@sinclair/typebox';

import { endsOfChange, outcomesOfChange } from '../../../domain/change.js';
import { operations } from '../../../domain/command.js';
import { faultTypes } from '../../../domain/fault.js';
import { seenHealths } from '../../../domain/seen-health.js';
import { form, instant, list, part, word } from './form.js';
import { givenBy } from './given-by.js';
import { rolloutScope } from './where.js';

const { subject, reason } = givenBy;

/** Bounds of a lease, ms: shorter ones would be lost by any pause of a client, longer ones hold a node for a dead one. */
export const leaseBounds = { least: 5_000, usual: 60_000, most: 3_600_000 };

/** A request that waits for leave is answered at the latest after so long: proxies cut off what is silent for longer. */
export const longestWaitMs = 60_000;

export const newChange = Type.Object(
  {
    cluster: Type.String({ minLength: 1, maxLength: 63 }),
    node: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    scope: Type.Optional(rolloutScope),
    operation: word(operations, 'Of a scope: release.'),
    reason,
    faultType: Type.Optional(word(faultTypes, 'The fault because of which it is done.')),
    onlyHealthy: Type.Optional(
      Type.Boolean({
        description:
          'It is for a node that is well, and waits for that. Else one that is not well may be changed too, unless the policy says so for the operation.',
      }),
    ),
    lease: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,9}(ms|s|m|h)$',
        description:
          'How long leave, and a place in a line, lasts without a heartbeat: 5s to 1h. Without it: 60s.',
      }),
    ),
    subject,
  },
  {
    additionalProperties: false,
    description:
      'Ask leave to do one risky operation to one node; or, with `scope` in place of `node`, for a rollout that goes through many: as long as it has leave nobody else begins there what `guard.rolloutPauses` says.',
  },
);
export type NewChange = Static<typeof newChange>;

export const changeHeaders = Type.Object({
  'idempotency-key': Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Of one subject each key means one change: asked for again, it is the same one.',
  }),
});
export type ChangeHeaders = Static<typeof changeHeaders>;

export const heartbeat = Type.Object(
  { subject },
  {
    additionalProperties: false,
    description: 'The client lives: its lease begins anew, and a change that waits is asked for again.',
  },
);
export type Heartbeat = Static<typeof heartbeat>;

export const changeOutcome = Type.Object(
  {
    outcome: word(outcomesOfChange, 'What waits for leave can only be cancelled.'),
    message: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    subject,
  },
  {
    additionalProperties: false,
    description: 'The change is over: what it held is given back, after its soak if it has one.',
  },
);
export type ChangeOutcome = Static<typeof changeOutcome>;

export const changeStates = ['waiting', 'granted', 'soaking', ...endsOfChange] as const;

const said = { by: Type.String(), message: Type.Optional(Type.String()), at: instant };

export const changeMembers = {
  id: Type.String(),
  status: word(
    changeStates,
    'lost: leave was taken back, since no heartbeat came in time. abandoned: nobody asked again before there was leave. soaking: it was said to have succeeded, and its node is watched. regressed: its node was not well while it was.',
  ),
  cluster: Type.String(),
  node: Type.Optional(Type.String({ description: 'Absent: it is a rollout, which has a scope.' })),
  scope: Type.Optional(rolloutScope),
  operation: word(operations),
  reason: Type.String(),
  faultType: Type.Optional(Type.String()),
  onlyHealthy: Type.Optional(
    Type.Literal(true, { description: 'Whoever asked said that it is for a node that is well.' }),
  ),
  owner: Type.String({ description: 'Who asked.' }),
  key: Type.String({ description: 'The Idempotency-Key.' }),
  askedAt: instant,
  leaseUntil: Type.Optional(instant),
  waiting: Type.Optional(
    part({
      reason: Type.String({ description: 'Who said no, in its first word, and for what.' }),
      place: Type.Optional(Type.Integer({ minimum: 1, description: 'In its line; 1 is asked next.' })),
      askAgainAt: instant,
    }),
  ),
  token: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'Fencing token: of all that were ever granted for a node, each is greater than those before it. Whoever keeps the greatest that it saw can refuse what comes late.',
    }),
  ),
  grantedAt: Type.Optional(instant),
  before: Type.Optional(
    part({
      health: word(
        seenHealths,
        'How its node was when leave was last asked for, since `at`. unknown: nobody has seen it lately.',
      ),
      conditions: Type.Array(Type.String(), {
        description:
          'What was not well: Unavailable (not Ready, cordoned or isolated), Parked, and types of open faults.',
      }),
      at: instant,
    }),
  ),
  soak: Type.Optional(part({ ...said, until: instant })),
  ended: Type.Optional(part(said)),
};
export const changeItem = part(changeMembers);
export type ChangeItem = Static<typeof changeItem>;

export const changeDescription = form('Change', changeMembers, 'An operation that somebody asked leave for.');
export type ChangeDescription = Static<typeof changeDescription>;

/** Of those that are not over. */
export const mostChanges = { shown: 200, counted: 1_000 };

export const changeList = list(
  'ChangeList',
  changeItem,
  'Operations that others asked leave for, the newest first.',
);
export type ChangeList = Static<typeof changeList>;
