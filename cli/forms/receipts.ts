import { Type } from '@sinclair/typebox';

import { form, part } from '../../services/console/forms/form.js';

export const reportReceipt = form(
  'ReportReceipt',
  {
    accepted: Type.Array(Type.String(), { description: 'Ids of the reports that are durably stored.' }),
    rejected: Type.Array(
      part({
        index: Type.Integer({ description: 'Position in what was sent, from 0.' }),
        path: Type.String(),
        reason: Type.String(),
        forbidden: Type.Optional(
          Type.Literal(true, { description: 'The token may not speak for this node.' }),
        ),
      }),
    ),
  },
  'What became of the reports sent.',
);

export const schemaCheck = form(
  'SchemaCheck',
  { problems: Type.Array(part({ file: Type.String(), problem: Type.String() })) },
  'What is wrong with the published event schemas; empty: nothing.',
);

export const schemaRegistration = form(
  'SchemaRegistration',
  { registered: Type.Array(part({ event: Type.String(), id: Type.Integer() })) },
  'Ids that the registry gave.',
);

export const logEpoch = form(
  'LogEpoch',
  {
    logEpoch: Type.Integer({ minimum: 1, description: 'Number of the epoch that began.' }),
    subject: Type.String({ description: 'Who began it.' }),
    reason: Type.String(),
  },
  'Another event log is read from now on.',
);
