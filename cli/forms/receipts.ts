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
  {
    problems: Type.Array(part({ file: Type.String(), problem: Type.String() })),
    unpublished: Type.Array(Type.String(), {
      description: 'Files that no release has published yet: they may still be edited.',
    }),
  },
  'What is wrong with the published event schemas; empty: nothing.',
);

export const schemaRegistration = form(
  'SchemaRegistration',
  { registered: Type.Array(part({ event: Type.String(), id: Type.Integer() })) },
  'Ids that the registry gave.',
);

const rows = Type.Integer({ minimum: 0, description: 'Rows of all tables.' });
const sha256 = Type.String({ description: 'Of the lines of the file, as its last line has it.' });

export const backup = form(
  'Backup',
  { file: Type.String(), rows, sha256 },
  'An installation was written into a file.',
);

export const restoration = form(
  'Restoration',
  {
    file: Type.String(),
    rows,
    sha256,
    installation: Type.String({ description: 'Id of the installation, as it stands in its taints.' }),
    epoch: Type.Integer({ minimum: 1, description: 'Of the journal, from now on.' }),
    wasThere: Type.Boolean({ description: 'This file was taken in before; nothing was changed.' }),
  },
  'An installation was taken in from a file.',
);

export const journalEpoch = form(
  'JournalEpoch',
  { epoch: Type.Integer({ minimum: 1, description: 'Number of the epoch that began.' }) },
  'The journal was restored from a copy: all is observed first.',
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

export const republication = form(
  'Republication',
  {
    topic: Type.String({ description: 'Where the events were sent.' }),
    run: Type.String({ description: 'Mark of each record, in its header ce_replay.' }),
    events: Type.Integer({ minimum: 0, description: 'How many the log has taken.' }),
    last: Type.Optional(
      Type.String({ description: 'ce_id of the last one: an interrupted run goes on after it.' }),
    ),
    complete: Type.Boolean({ description: 'False: it was interrupted.' }),
  },
  'Events of the past were sent once more.',
);
