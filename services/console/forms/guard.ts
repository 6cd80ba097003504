import { Type, type Static, type TSchema } from '@sinclair/typebox';

import { commandTypes, operations } from '../../../domain/command.js';
import { faultTypes } from '../../../domain/fault.js';
import { nodeHealths } from '../../../domain/node-summary.js';
import { metricSays } from '../../../domain/metric-verdict.js';
import { endsOfPause } from '../../../domain/pause.js';
import { changeItem, changeMembers } from './changes.js';
import { form, instant, list, part, word } from './form.js';
import { givenBy } from './given-by.js';
import { processSummary } from './nodes.js';
import { oneOf, where, whereMembers } from './where.js';

const verdict = part({ by: Type.String(), reason: Type.String(), at: instant });

const incident = part({
  breaker: Type.String({ description: 'The one that tripped.' }),
  common: Type.String({ description: 'What was counted together.' }),
  shared: Type.Array(Type.String(), {
    description: 'What else most of these nodes share and most others do not.',
  }),
  count: Type.Integer({ minimum: 0, description: 'Nodes with new faults, each once.' }),
  nodes: Type.Array(Type.String(), { description: '<cluster>/<node>: the first 20 of them.' }),
  faultTypes: Type.Array(Type.String()),
  latestAt: instant,
  denied: Type.Optional(verdict),
});

const numbers = {
  says: word(metricSays),
  value: Type.Optional(Type.Number()),
  baseline: Type.Optional(Type.Number({ description: 'Median of before.' })),
  bound: Type.Optional(Type.Number({ description: 'The value should not be worse.' })),
  reason: Type.String(),
};

const regression = part({
  metric: Type.String(),
  ...numbers,
  count: Type.Integer({ minimum: 0, description: 'Nodes where something was under way then.' }),
  nodes: Type.Array(Type.String(), { description: '<cluster>/<node>: the first 20 of them.' }),
  changes: Type.Array(Type.String(), { description: 'Changes of others that had leave then.' }),
  denied: Type.Optional(verdict),
});

const rollout = part({
  change: Type.String({ description: 'With it the pause is over.' }),
  owner: Type.String({ description: 'Who is not held back.' }),
});

const pauseMembers = {
  id: Type.String(),
  kind: word(
    ['freeze', 'incident', 'regression', 'rollout'],
    'freeze: a person began it. incident: a breaker tripped. regression: a business metric is not good. rollout: a change goes through it.',
  ),
  where,
  operations: Type.Optional(Type.Array(word(operations), { description: 'Absent: whatever needs leave.' })),
  by: Type.String(),
  reason: Type.String(),
  since: instant,
  until: Type.Optional(instant),
  incident: Type.Optional(incident),
  regression: Type.Optional(regression),
  rollout: Type.Optional(rollout),
};
export const pauseItem = part(pauseMembers);
export type PauseItem = Static<typeof pauseItem>;

const pastPauseItem = part({
  ...pauseMembers,
  ended: Type.Optional(
    part({ how: word(endsOfPause), by: Type.String(), reason: Type.String(), at: instant }),
  ),
});
export type PastPauseItem = Static<typeof pastPauseItem>;

export const pauseList = list('PauseList', pastPauseItem, 'Pauses of the change guard, the newest first.');
export type PauseList = Static<typeof pauseList>;

const verdictMembers = {
  metric: Type.String(),
  ...numbers,
  at: instant,
  since: Type.String({ description: 'Since when it has been good, or has not been.' }),
};
const verdictItem = part(verdictMembers);
export type VerdictItem = Static<typeof verdictItem>;

export const verdictList = list(
  'VerdictList',
  verdictItem,
  'What business metrics said: each time something else, and once in ten minutes. The newest first.',
);
export type VerdictList = Static<typeof verdictList>;

const standingItem = part({
  ...verdictMembers,
  overruled: Type.Boolean({ description: 'A person said that changes go on until it was good again.' }),
});
export type StandingItem = Static<typeof standingItem>;

const guardPolicyItem = part({
  version: Type.String({ description: 'Digest of the policy.' }),
  at: instant,
  by: Type.String({ description: 'The first copy that went by it.' }),
  policy: Type.Record(Type.String(), Type.Unknown(), {
    description: 'The section `guard` of the configuration, with its defaults.',
  }),
});
export type GuardPolicyItem = Static<typeof guardPolicyItem>;

export const guardPolicyList = list(
  'GuardPolicyList',
  guardPolicyItem,
  'Policies that the change guard went by, the newest first.',
);
export type GuardPolicyList = Static<typeof guardPolicyList>;

const waitingMembers = {
  commandId: Type.String(),
  processId: Type.String(),
  cluster: Type.String(),
  node: Type.String(),
  type: word(commandTypes),
  faultType: Type.String(),
  reason: Type.String({ description: 'Who said no, in its first word, and for what.' }),
  place: Type.Optional(Type.Integer({ minimum: 1, description: 'In its line; 1 is asked next.' })),
  since: instant,
  askedAgainAt: instant,
};
const waitingItem = part(waitingMembers);
export type WaitingItem = Static<typeof waitingItem>;

/** Of those who wait. */
export const mostWaiting = { shown: 200, counted: 10_000 };

const reasonCounts = Type.Array(part({ reason: Type.String(), count: Type.Integer({ minimum: 1 }) }), {
  description: 'How many of them wait for what, by the first word of the reason; the most first.',
});

export const guardDescription = form(
  'Guard',
  {
    version: Type.Integer({
      minimum: 0,
      description: 'Counts up with every pause that begins or ends, and every verdict.',
    }),
    policy: part({
      version: Type.String({ description: 'By which the copy goes that answers.' }),
      refused: Type.Optional(
        part({
          reason: Type.String({ description: 'File, line and what is wrong; a line each.' }),
          since: instant,
        }),
      ),
    }),
    pauses: Type.Array(pauseItem, { description: 'In force, the oldest first.' }),
    metrics: Type.Array(standingItem, { description: 'What business metrics say now, by name.' }),
    counters: Type.Array(
      part({
        counter: Type.String(),
        used: Type.Integer({ minimum: 1 }),
        cap: Type.Optional(
          Type.Integer({
            minimum: 0,
            description:
              'What it may come to, by the policy and the fleet as they are now; nodes that are out of service without leave make it less. Absent: the policy has no such budget any more, or the cluster was never observed.',
          }),
        ),
      }),
      { description: 'Those of which something is taken now.' },
    ),
    waiting: part({
      count: Type.Integer({ minimum: 0, description: 'At most 10,000 are counted.' }),
      reasons: reasonCounts,
      items: Type.Array(waitingItem, { description: 'Our own commands: the first 200 by rank.' }),
    }),
    changes: part({
      granted: Type.Integer({
        minimum: 0,
        description:
          'Operations of others that have leave, or whose nodes are watched. The newest 1,000 are looked at.',
      }),
      waiting: Type.Integer({ minimum: 0, description: 'Operations of others that have none yet.' }),
      reasons: reasonCounts,
      items: Type.Array(changeItem, {
        description: 'The first 200: those that have leave, then those that wait, each the oldest first.',
      }),
    }),
  },
  'What the change guard holds back, and why.',
);
export type GuardDescription = Static<typeof guardDescription>;

const heldBy = Type.Array(Type.String(), { description: 'Ids of the pauses that hold it back.' });

export const guardNode = form(
  'GuardNode',
  {
    cluster: Type.String(),
    node: Type.String(),
    health: Type.Optional(word(nodeHealths, 'Absent: nothing was ever reported of it.')),
    process: Type.Optional(processSummary),
    member: Type.Optional(
      part({
        pool: Type.String(),
        zone: Type.String(),
        labels: Type.Record(Type.String(), Type.String()),
        unavailable: Type.Boolean({ description: 'Not Ready, cordoned or isolated, by whomever.' }),
        controlPlane: Type.Boolean(),
      }),
    ),
    waiting: Type.Array(
      part({
        ...waitingMembers,
        pauses: heldBy,
      }),
    ),
    changes: Type.Array(part({ ...changeMembers, pauses: heldBy }), {
      description: 'Operations of others there that are not over: what has leave, then what waits.',
    }),
    pauses: Type.Array(pauseItem, {
      description: 'In force, about this node or about what waits there.',
    }),
  },
  'What waits for leave at a node, and what others have leave for there. Without `member` it is in no inventory, and gets no leave.',
);
export type GuardNode = Static<typeof guardNode>;

const { subject, dryRun, reason } = givenBy;

export const newFreeze = Type.Object(
  {
    where: Type.Object(
      { ...whereMembers, faultTypes: oneOf(word(faultTypes)) },
      { additionalProperties: false },
    ),
    everything: Type.Optional(Type.Literal(true, { description: 'Has to be said where `where` is empty.' })),
    operations: oneOf(word(operations), 'Absent: whatever needs leave.'),
    reason,
    for: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,9}(ms|s|m|h|d)$', description: 'How long, like 2h.' }),
    ),
    until: Type.Optional(Type.String({ description: 'RFC 3339. Neither: until somebody thaws it.' })),
    subject,
    dryRun,
  },
  {
    additionalProperties: false,
    description: 'No new harm where it holds. Every one is its own: given twice there are two.',
  },
);
export type NewFreeze = Static<typeof newFreeze>;

export const verdictVerbs = ['thaw', 'approve', 'deny'] as const;
export type VerdictVerb = (typeof verdictVerbs)[number];

function verdictOn(description: string) {
  return Type.Object({ reason, subject, dryRun }, { additionalProperties: false, description });
}

/** What a person says about a pause. */
export const pauseVerdicts = {
  thaw: verdictOn('Ends a freeze or an incident: work goes on there.'),
  approve: verdictOn('Go on: an incident is real, or changes are not why a metric is bad. The pause ends.'),
  deny: verdictOn('Take back what was begun: the nodes are well, or changes do harm. The pause stays.'),
} as const satisfies Record<VerdictVerb, TSchema>;
export type PauseVerdict = Static<(typeof pauseVerdicts)['thaw']>;

export const guardReceipt = form(
  'GuardReceipt',
  {
    id: Type.String({ description: 'Of the pause.' }),
    verb: word(['freeze', ...verdictVerbs]),
    changed: Type.Boolean({ description: 'False: a dry run, or it was so before.' }),
    pause: pauseItem,
    nodes: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Of a freeze: nodes in the inventory at present where it holds.',
      }),
    ),
    subject: Type.String(),
    reason: Type.String(),
    dryRun: Type.Boolean(),
  },
  'What was ordered of the change guard.',
);
export type GuardReceipt = Static<typeof guardReceipt>;
