import { Type, type Static } from '@sinclair/typebox';

import { deadLetterHandlings } from '../../../adapters/ports/dead-letters.js';
import { givenBy } from './given-by.js';
import { form, instant, list, part, word } from './form.js';

const handled = part({
  how: word(deadLetterHandlings),
  at: instant,
  subject: Type.String(),
  reason: Type.String(),
});

const deadLetterMembers = {
  id: Type.String({ description: '<dead letter topic>/<partition>/<offset>' }),
  key: Type.Optional(Type.String({ description: 'Key of the record: mostly <cluster>/<node>.' })),
  reason: Type.String({ description: 'Why it could not be processed.' }),
  at: instant,
  origin: part({
    topic: Type.String(),
    partition: Type.Optional(Type.Integer()),
    offset: Type.Optional(Type.String()),
  }),
  bytes: Type.Integer({ minimum: 0, description: 'Of the original value.' }),
  handled: Type.Optional(handled),
};

export const deadLetterItem = part(deadLetterMembers);
export type DeadLetterItem = Static<typeof deadLetterItem>;

export const deadLetterList = list(
  'DeadLetterList',
  deadLetterItem,
  'Records that could not be processed, per partition in the order of their offsets.',
);
export type DeadLetterList = Static<typeof deadLetterList>;

export const deadLetterDescription = form(
  'DeadLetter',
  {
    ...deadLetterMembers,
    headers: Type.Record(Type.String(), Type.String(), {
      description: 'Those of the record; what begins with dlt_ was added.',
    }),
    valueBase64: Type.Optional(
      Type.String({
        description: 'The original bytes. Absent: the record had no value, or it was not kept.',
      }),
    ),
    valueText: Type.Optional(Type.String({ description: 'The same as text, where it is printable UTF-8.' })),
  },
  'One record that could not be processed.',
);
export type DeadLetterDescription = Static<typeof deadLetterDescription>;

/** Ids handled by one request. */
export const mostLettersAtOnce = 1_000;

export const deadLetterOrder = Type.Object(
  {
    ids: Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: mostLettersAtOnce }),
    ...givenBy,
  },
  { additionalProperties: false, description: 'An operator decides about dead letters.' },
);
export type DeadLetterOrder = Static<typeof deadLetterOrder>;

export const deadLetterReceipt = form(
  'DeadLetterReceipt',
  {
    handled: word(deadLetterHandlings, 'retried: the original record is on its way back to its topic.'),
    ids: Type.Array(Type.String(), { description: 'In the order in which they go back.' }),
    already: Type.Array(Type.String(), { description: 'Handled before: nothing was done about them.' }),
    subject: Type.String(),
    reason: Type.String(),
    dryRun: Type.Boolean(),
  },
  'What became of dead letters.',
);
export type DeadLetterReceipt = Static<typeof deadLetterReceipt>;
