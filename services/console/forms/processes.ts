import { Type, type Static } from '@sinclair/typebox';

import { commandTypes, resultStatuses } from '../../../domain/command.js';
import { faultTypes } from '../../../domain/fault.js';
import { outcomes, workflowNames } from '../../../domain/node-state.js';
import { orderKinds } from '../../../domain/signal.js';
import { givenBy } from './given-by.js';
import { form, instant, list, part, word } from './form.js';

const processMembers = {
  processId: Type.String(),
  cluster: Type.String(),
  node: Type.String(),
  workflow: word(workflowNames),
  faultType: word(faultTypes),
  stage: Type.String(),
  startedAt: instant,
  endedAt: Type.Optional(instant),
  outcome: Type.Optional(word(outcomes)),
  reason: Type.Optional(Type.String()),
  waitingFor: Type.Optional(Type.String({ description: 'Why a person is asked.' })),
};
export const processItem = part(processMembers);
export type ProcessItem = Static<typeof processItem>;

export const processList = list('ProcessList', processItem, 'Maintenance processes.');
export type ProcessList = Static<typeof processList>;

const commandItem = part({
  commandId: Type.String(),
  type: word(commandTypes),
  status: word(['waiting', 'attempting', 'settled', 'revoked']),
  attempts: Type.Integer(),
  createdAt: instant,
  result: Type.Optional(word(resultStatuses)),
  resultReason: Type.Optional(Type.String()),
  waitingReason: Type.Optional(Type.String({ description: 'Who said no.' })),
  waitingUntil: Type.Optional(instant),
});

export const processDescription = form(
  'Process',
  {
    ...processMembers,
    active: Type.Boolean(),
    orders: Type.Array(word(orderKinds), { description: 'Orders that its present stage takes.' }),
    commands: Type.Array(commandItem),
    stageEnteredAt: Type.Optional(instant),
    ticket: Type.Optional(Type.String()),
    pods: Type.Optional(
      Type.Array(
        part({ namespace: Type.String(), name: Type.String(), uid: Type.String(), status: Type.String() }),
        { description: 'The workload asked to move.' },
      ),
    ),
  },
  'One maintenance process.',
);
export type ProcessDescription = Static<typeof processDescription>;

export const newOrder = Type.Object(
  {
    kind: word(orderKinds),
    ...givenBy,
  },
  { additionalProperties: false, description: 'An operator tells a process what to do.' },
);
export type NewOrder = Static<typeof newOrder>;

export const orderHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'The same order of one subject to a process under the same key is one order.',
    }),
  ),
});
export type OrderHeaders = Static<typeof orderHeaders>;

export const orderReceipt = form(
  'OrderReceipt',
  {
    processId: Type.Optional(Type.String({ description: 'Absent: the order is about a parked node.' })),
    cluster: Type.String(),
    node: Type.String(),
    order: word(orderKinds),
    stage: Type.String({ description: 'Of the process; `parked`: nothing of the node is decided.' }),
    subject: Type.String(),
    reason: Type.String(),
    dryRun: Type.Boolean(),
    effect: Type.String({ description: 'What the order does in this stage.' }),
    causeId: Type.Optional(Type.String({ description: 'By it the facts are found that the order caused.' })),
    factVersion: Type.Integer({ description: 'Facts after this one may come from the order.' }),
    status: word(['preview', 'sent', 'taken', 'refused'], 'sent: written to the log, not decided yet.'),
    before: Type.Optional(
      Type.Literal(true, { description: 'It was given before under this key, and is not given again.' }),
    ),
  },
  'What became of an order.',
);
export type OrderReceipt = Static<typeof orderReceipt>;
