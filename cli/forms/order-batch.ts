import { Type, type Static } from '@sinclair/typebox';

import { orderKinds } from '../../domain/signal.js';
import { form, part, word } from '../../services/console/forms/form.js';

const orderedProcess = part({
  processId: Type.String(),
  cluster: Type.String(),
  node: Type.String(),
  stage: Type.String({ description: 'When it was looked at.' }),
  status: word(
    ['preview', 'sent', 'taken', 'refused'],
    'preview: it would be told. sent: not decided yet. refused: left out, or the order was not taken.',
  ),
  effect: Type.Optional(Type.String({ description: 'What the order does in this stage.' })),
  refusal: Type.Optional(Type.String({ description: 'Why it does not take the order.' })),
  before: Type.Optional(
    Type.Literal(true, { description: 'It was told before under this key, and is not told again.' }),
  ),
});
export type OrderedProcess = Static<typeof orderedProcess>;

export const orderBatch = form(
  'OrderBatch',
  {
    order: word(orderKinds),
    reason: Type.String(),
    dryRun: Type.Boolean(),
    key: Type.String({ description: 'Under the same key no process is told twice.' }),
    count: Type.Integer({ minimum: 0, description: 'How many are to be told: what --expect-count says.' }),
    items: Type.Array(orderedProcess, { description: 'All that were selected.' }),
  },
  'One order to many processes.',
);
export type OrderBatch = Static<typeof orderBatch>;
