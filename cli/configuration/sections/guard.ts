import { Type } from '@sinclair/typebox';

import { operations, type Operation } from '../../../domain/command.js';
import { faultTypes } from '../../../domain/fault.js';
import {
  duration,
  flag,
  forEachWord,
  nameOf,
  oneOf,
  section,
  sectionWithDefaults,
  text,
  tokenMembers,
} from './values.js';

interface Limit {
  readonly share: number;
  readonly rate: number;
  readonly per: string;
  readonly soak: string;
}

const limitByDefault: Readonly<Record<Operation, Limit>> = {
  isolate: { share: 0.05, rate: 10, per: '1m', soak: '5m' },
  migrate: { share: 0.05, rate: 10, per: '1m', soak: '5m' },
  'delete-pods': { share: 0.02, rate: 5, per: '1m', soak: '5m' },
  'restart-component': { share: 0.05, rate: 10, per: '1m', soak: '5m' },
  power: { share: 0.05, rate: 5, per: '1m', soak: '5m' },
  reimage: { share: 0.02, rate: 2, per: '1m', soak: '5m' },
  // Of a node that is gone nothing can be seen.
  'delete-node': { share: 0.02, rate: 5, per: '1m', soak: '0s' },
  release: { share: 0.05, rate: 10, per: '1m', soak: '5m' },
};

function limitSection(operation: Operation) {
  const { share, rate, per, soak } = limitByDefault[operation];
  return sectionWithDefaults({
    share: Type.Number({
      default: share,
      minimum: 0,
      maximum: 1,
      description: 'At most this share of a cluster at once (at least one node, unless 0 forbids it).',
    }),
    rate: Type.Integer({ default: rate, minimum: 1, description: 'At most so many a cluster…' }),
    per: duration({ default: per, description: '…within this long.' }),
    onlyHealthy: flag(false, 'Changes of others are for nodes that are well, and wait for that.'),
    soak: duration({
      default: soak,
      description:
        'The node of a change of others is watched for this long after it is said to have succeeded; what it took stays taken. 0s: not at all.',
    }),
  });
}

const someOf = (what: string) => Type.Optional(Type.Array(text(what), { minItems: 1, description: what }));

const whereSection = sectionWithDefaults(
  {
    clusters: someOf('Only nodes of these clusters.'),
    pools: someOf('Only nodes of these pools.'),
    zones: someOf('Only nodes of these zones.'),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
        description:
          'Only nodes with one of these values of a label; the label has to stand under guard.labels.',
      }),
    ),
    faultTypes: Type.Optional(
      Type.Array(oneOf(faultTypes), { minItems: 1, description: 'Only because of these faults.' }),
    ),
    reporters: someOf('Only because of faults that these reported first.'),
    owners: someOf('Only what these ask for: faultline, or the subject of a client.'),
  },
  'What it is about; each part that is given has to fit.',
);

const amount = (what: string) =>
  Type.Optional(
    section(
      {
        share: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Part of the nodes.' })),
        count: Type.Optional(Type.Integer({ minimum: 0, description: 'Number of nodes.' })),
      },
      what,
    ),
  );

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const timeOfDay = (what: string) =>
  Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: what });

const quietSection = section({
  days: Type.Array(oneOf(weekdays), {
    default: [...weekdays],
    minItems: 1,
    description: 'On which they begin.',
  }),
  from: timeOfDay('As 08:00.'),
  to: timeOfDay('As 18:00; not later than `from`: on the next day.'),
  timeZone: Type.String({ default: 'UTC', description: 'As Europe/Berlin.' }),
});

export const scopeWords = ['cluster', 'pool', 'zone', 'node', 'faultType', 'reporter', 'owner'] as const;

const scopeIn = (words: readonly string[]) =>
  Type.String({
    default: 'cluster',
    pattern: `^(${words.join('|')}|label:.+)$`,
    description: `What is counted together: ${words.join(', ')} or label:NAME.`,
  });

export const commonScopeWords = ['cluster', 'pool', 'zone', 'faultType', 'reporter'] as const;

const breakerSection = section({
  name: nameOf('Its incidents are told apart by this name.'),
  scope: scopeIn(commonScopeWords),
  where: whereSection,
  nodes: Type.Integer({ minimum: 2, description: 'Trips when so many nodes have new faults…' }),
  share: Type.Number({
    default: 0,
    minimum: 0,
    maximum: 1,
    description: '…and such a share of the nodes in the scope…',
  }),
  within: duration({ description: '…within this long.' }),
  endsAfter: Type.Optional(
    duration({ description: 'Over when no new fault came for so long; otherwise only a person ends it.' }),
  ),
});

const budgetSection = section({
  name: nameOf('What is taken is counted under this name: another name begins anew.'),
  operations: Type.Array(oneOf(operations), {
    minItems: 1,
    uniqueItems: true,
    description: 'What it limits; several are counted together.',
  }),
  scope: scopeIn(scopeWords),
  where: whereSection,
  atOnce: amount('At most so many at once; of both the smaller.'),
  rate: Type.Optional(
    section(
      {
        count: Type.Integer({ minimum: 1, description: 'At most so many begun…' }),
        per: duration({ description: '…within this long.' }),
      },
      'How often.',
    ),
  ),
  minimumHealthy: amount('No node is taken out that would leave fewer available: share or count.'),
  quietHours: Type.Array(quietSection, { default: [], description: 'When nothing is begun.' }),
});

const baselineSection = section(
  {
    ago: duration({ default: '1h', description: 'The time that it is compared with ended so long ago…' }),
    over: duration({ default: '1h', description: '…and lasted so long; its median is the baseline.' }),
    share: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'It may be worse by this part of the baseline…',
    }),
    margin: Type.Number({
      default: 0,
      minimum: 0,
      description: '…or by this much, whichever is more.',
    }),
  },
  'Not much worse than it was.',
);

const metricSection = section({
  name: nameOf('What it says is recorded under this name.'),
  query: text('PromQL that gives one number.'),
  better: oneOf(['higher', 'lower'], { description: 'Which is good.' }),
  limit: Type.Optional(Type.Number({ description: 'Never worse than this.' })),
  baseline: Type.Optional(baselineSection),
  noData: oneOf(['stop', 'go'], {
    default: 'stop',
    description: 'What becomes of changes while nothing comes back that can be judged.',
  }),
  where: whereSection,
  operations: Type.Optional(
    Type.Array(oneOf(operations), {
      minItems: 1,
      uniqueItems: true,
      description: 'Absent: whatever needs leave.',
    }),
  ),
  askAfter: duration({
    default: '1m',
    description: 'Nothing begins while it is bad; after so long a person is asked about what is under way.',
  }),
  goodFor: duration({ default: '5m', description: 'Good for so long again, and changes go on.' }),
});

const prometheusSection = section(
  {
    url: text('Where it answers, with its path if it has one: http://prometheus:9090.'),
    requestTimeout: duration({ default: '5s', description: 'A silent request counts as failed.' }),
    readEvery: duration({ default: '15s', description: 'How often metrics are read.' }),
    ...tokenMembers,
  },
  'Where `metrics` are read.',
);

export const guardSection = sectionWithDefaults(
  {
    inventoryMaximumAge: duration({
      default: '5m',
      description: 'An older picture of the fleet gives no permits.',
    }),
    lookEvery: duration({
      default: '500ms',
      description: 'How often breakers are held against new faults, and permits on nodes against changes.',
    }),
    labels: Type.Array(text('Name of a label.'), {
      default: [],
      uniqueItems: true,
      maxItems: 10,
      description: 'Labels of nodes that budgets may name, as that of racks.',
    }),
    operations: forEachWord(operations, limitSection, 'Limits per risky operation and cluster.'),
    rolloutPauses: Type.Array(oneOf(operations), {
      default: ['isolate', 'migrate', 'delete-pods', 'reimage', 'delete-node'],
      uniqueItems: true,
      description:
        'What nobody else begins where a rollout has leave to go through (`scope` of POST /v1/changes). None: it pauses nothing.',
    }),
    budgets: Type.Array(budgetSection, {
      // On one day the default ladders of two fault types come to eight repairs and 22 isolations at most.
      default: [
        {
          name: 'node-repairs',
          operations: ['power', 'reimage'],
          scope: 'node',
          rate: { count: 10, per: '1d' },
        },
        { name: 'node-isolations', operations: ['isolate'], scope: 'node', rate: { count: 24, per: '1d' } },
      ],
      maxItems: 100,
      description: 'Further limits. All that are about an operation must have room for it.',
    }),
    breakers: Type.Array(breakerSection, {
      default: [
        { name: 'many', nodes: 20, share: 0.02, within: '10m' },
        { name: 'small', nodes: 3, share: 0.2, within: '30m' },
        { name: 'sudden', scope: 'faultType', nodes: 20, within: '1m', endsAfter: '1h' },
      ],
      maxItems: 100,
      description:
        'Many nodes with new faults are one incident: nothing more is begun there until a person says so.',
    }),
    prometheus: Type.Optional(prometheusSection),
    metrics: Type.Array(metricSection, {
      default: [],
      maxItems: 100,
      description: 'How well the business does: while it does badly, no change begins.',
    }),
  },
  'Leave for risky changes.',
);
