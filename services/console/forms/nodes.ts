import { Type, type Static } from '@sinclair/typebox';

import { faultClasses, faultTypes } from '../../../domain/fault.js';
import { workflowNames } from '../../../domain/node-state.js';
import { nodeHealths } from '../../../domain/node-summary.js';
import { form, instant, list, openObject, part, word } from './form.js';

export const processSummary = part({
  processId: Type.String(),
  workflow: word(workflowNames),
  stage: Type.String(),
  mode: word(['observe', 'active']),
  startedAt: instant,
  waitingFor: Type.Optional(Type.String({ description: 'Why a person is asked.' })),
});

const nodeMembers = {
  cluster: Type.String(),
  node: Type.String(),
  health: word(
    nodeHealths,
    'waiting: its process waits, for a person or for a release that knows its workflow.',
  ),
  faults: Type.Array(Type.String(), { description: 'Types of its open faults.' }),
  process: Type.Optional(processSummary),
  factVersion: Type.Integer({ minimum: 0, description: 'Version of the last fact.' }),
  sequence: Type.Optional(
    Type.String({
      description:
        'Of lists: what events of this node have as `sequence` is in here up to this one, and new behind it. Compare as text.',
    }),
  ),
  changedAt: instant,
};
export const nodeItem = part(nodeMembers);
export type NodeItem = Static<typeof nodeItem>;

export const nodeList = Type.Composite(
  [
    list('NodeList', nodeItem, ''),
    Type.Object({
      resume: Type.Optional(
        Type.String({
          description:
            'That of the first page, as Last-Event-ID of /v1/events, gives everything that is not in the list, and some that is: see `sequence`.',
        }),
      ),
    }),
  ],
  { additionalProperties: false, title: 'NodeList', description: 'Nodes, in order of their keys.' },
);
export type NodeList = Static<typeof nodeList>;

export const faultItem = part({
  faultId: Type.String(),
  type: word(faultTypes),
  class: word(faultClasses),
  cluster: Type.String(),
  node: Type.String(),
  openedAt: instant,
  sources: Type.Array(Type.String()),
  left: Type.Optional(word(['withheld', 'handedOver'], 'Its process is over and left it as it is.')),
  processId: Type.Optional(Type.String({ description: 'The process that handles it.' })),
});
export type FaultItem = Static<typeof faultItem>;

export const faultList = list('FaultList', faultItem, 'Open faults, in order of their nodes.');
export type FaultList = Static<typeof faultList>;

const parkedNode = part({
  kind: word(['failed', 'unknown-workflow'], 'unknown-workflow: it waits for a copy of another release.'),
  reason: Type.String(),
  since: instant,
  attempts: Type.Integer({ description: 'How often it was tried.' }),
  triedAt: instant,
  waiting: Type.Array(part({ what: Type.String(), first: instant, last: instant, count: Type.Integer() }), {
    description: 'Inputs that wait, in order; the first 100.',
  }),
});

export const nodeDescription = form(
  'Node',
  {
    ...nodeMembers,
    nodeUid: Type.Optional(Type.String()),
    bootId: Type.Optional(Type.String()),
    openFaults: Type.Array(faultItem),
    attempts: Type.Array(part({ workflow: word(workflowNames), faultType: word(faultTypes), at: instant }), {
      description: 'Workflows started here, for the limits of the ladders.',
    }),
    lastRecoveredAt: Type.Optional(instant),
    parked: Type.Optional(parkedNode),
    repeats: Type.Array(
      part({
        type: Type.String(),
        source: Type.String(),
        fate: Type.String(),
        reason: Type.Optional(Type.String()),
        first: instant,
        last: instant,
        count: Type.Integer(),
      }),
      { description: 'Reports that said nothing new, counted.' },
    ),
  },
  'One node: what is wrong with it and what is done about it.',
);
export type NodeDescription = Static<typeof nodeDescription>;

export const factItem = part({
  version: Type.Integer({ minimum: 1 }),
  type: Type.String(),
  at: instant,
  causeId: Type.String({ description: 'The input that caused it.' }),
  processId: Type.Optional(Type.String()),
  data: openObject,
});
export type FactItem = Static<typeof factItem>;

export const factList = list('FactList', factItem, 'What happened to a node, in order.');
export type FactList = Static<typeof factList>;

export const replay = form(
  'Replay',
  {
    cluster: Type.String(),
    node: Type.String(),
    at: Type.Optional(instant),
    factVersion: Type.Integer({ minimum: 0 }),
    state: openObject,
    sameAsStored: Type.Optional(
      Type.Boolean({ description: 'Without `at`: whether the folded facts give the stored state.' }),
    ),
  },
  'The state of a node at some moment, folded from its facts. Causes nothing.',
);
export type Replay = Static<typeof replay>;
