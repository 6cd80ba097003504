import { Type, type Static } from '@sinclair/typebox';

const limit = Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Rows a page.' });
const after = Type.Optional(Type.String({ maxLength: 512, description: '`next` of the page before.' }));
/** Of lists that are numbered. */
const position = Type.Optional(
  Type.String({ pattern: '^[0-9]{1,18}$', description: '`next` of the page before.' }),
);
const cluster = Type.Optional(Type.String({ description: 'Only this cluster.' }));

function query<Properties extends Parameters<typeof Type.Object>[0]>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}

/** Of lists of what every node may have. */
const node = Type.Optional(Type.String({ description: 'Only of this node: <cluster>/<node>.' }));

export const nodesQuery = query({ cluster, node, after, limit });
export const processesQuery = query({
  active: Type.Optional(Type.Boolean({ description: 'Only those that are, or are not, over.' })),
  node,
  after,
  limit,
});
export const verdictsQuery = query({
  metric: Type.Optional(Type.String({ description: 'Only of this one.' })),
  after: position,
  limit,
});
export const pausesQuery = query({
  after: position,
  limit,
});
export const changesQuery = query({
  open: Type.Optional(
    Type.Boolean({ description: 'Only those that are, or are not, under way or waiting.' }),
  ),
  node,
  after: position,
  limit,
});
export const waitQuery = query({
  wait: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,9}(ms|s|m)$',
      description:
        'While the change waits, answer when there is leave, and at the latest after so long (up to 60s) or after two thirds of the lease. Without it: at once.',
    }),
  ),
});
export const factsQuery = query({
  from: Type.Integer({ minimum: 1, default: 1, description: 'First fact version.' }),
  limit,
});
export const replayQuery = query({
  at: Type.Optional(Type.String({ description: 'A time in ISO 8601; without it: all facts.' })),
});

export const deadLettersQuery = query({
  all: Type.Boolean({ default: false, description: 'Also those that were retried or dropped.' }),
  limit: Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000, description: 'At most so many.' }),
});

const several = (what: string) =>
  Type.Optional(Type.String({ description: `${what}; several with commas between them.` }));

export const eventsQuery = query({
  topic: several('Only what is published there'),
  node: several('Only about this node: <cluster>/<node>'),
  cluster: several('Only about nodes of this cluster'),
  type: several('Only faults of this type, and ends of processes that handled one'),
  class: several('The same by class of fault: hardware, system or component'),
  outcome: several(
    'Only processes that ended so: Recovered, Cancelled, HandedToHuman or Retired; also as events write them, RECOVERED',
  ),
  labelSelector: Type.Optional(
    Type.String({
      description:
        'Only about nodes with such labels, as Kubernetes selects: `pool=gpu,zone in (a,b),!spare`. Labels as they are now, of those that are kept: of pool, zone and `guard.labels`. A node whose labels nobody knows is let through.',
    }),
  ),
  from: Type.Optional(
    Type.String({
      description:
        '`now`, if not given; `beginning`; a time in ISO 8601 (UTC, where it names no offset), not ahead: what was published since; or a place in the log, `<topic>/<partition>/<offset>`: of that partition what stands there and behind, of others what was published since. Whoever comes again with Last-Event-ID goes on from there.',
    }),
  ),
  snapshot: Type.Optional(
    Type.Boolean({
      description:
        'First the present state of all nodes (of those asked for by node or cluster), then what changes; not with from or until.',
    }),
  ),
  until: Type.Optional(
    Type.String({
      description: '`now` or a time in ISO 8601, not ahead: ends with what was published before.',
    }),
  ),
});

export const deadLetterParameters = query({
  topic: Type.String(),
  partition: Type.String(),
  offset: Type.String(),
});
export const webhookParameters = query({ name: Type.String() });
export const pauseParameters = query({ id: Type.String({ maxLength: 100 }) });
export const changeParameters = query({ id: Type.String({ maxLength: 100 }) });
export const nodeParameters = query({ cluster: Type.String(), node: Type.String() });
export const processParameters = query({ id: Type.String() });

export type NodesQuery = Static<typeof nodesQuery>;
export type ProcessesQuery = Static<typeof processesQuery>;
export type VerdictsQuery = Static<typeof verdictsQuery>;
export type PausesQuery = Static<typeof pausesQuery>;
export type ChangesQuery = Static<typeof changesQuery>;
export type WaitQuery = Static<typeof waitQuery>;
export type FactsQuery = Static<typeof factsQuery>;
export type ReplayQuery = Static<typeof replayQuery>;
export type DeadLettersQuery = Static<typeof deadLettersQuery>;
export type WebhookParameters = Static<typeof webhookParameters>;
export type DeadLetterParameters = Static<typeof deadLetterParameters>;
export type PauseParameters = Static<typeof pauseParameters>;
export type ChangeParameters = Static<typeof changeParameters>;
export type NodeParameters = Static<typeof nodeParameters>;
export type ProcessParameters = Static<typeof processParameters>;
