import { Type } from '@sinclair/typebox';

import { form, part } from '../../services/console/forms/form.js';

const facts = Type.Integer({ minimum: 0, description: 'Facts that lie in files.' });
const instant = (description: string) => Type.String({ description });

export const archiveStatus = form(
  'ArchiveStatus',
  {
    folder: Type.Optional(Type.String({ description: 'As configured; absent: nothing is archived.' })),
    facts,
    finishedAt: Type.Optional(instant('When a run last came to its end; absent: none did.')),
    files: Type.Array(
      part({
        name: Type.String(),
        facts,
        bytes: Type.Integer({ minimum: 0 }),
        sha256: Type.String(),
        firstNode: Type.String({ description: 'First in byte order of which it holds something.' }),
        lastNode: Type.String(),
        archivedAt: instant('When its facts left the journal.'),
      }),
    ),
  },
  'Which facts lie in files.',
);

export const archiveVerification = form(
  'ArchiveVerification',
  {
    files: Type.Integer({ minimum: 0 }),
    facts,
    nodes: Type.Integer({ minimum: 0, description: 'Nodes of which something is archived.' }),
    problems: Type.Array(part({ file: Type.String(), problem: Type.String() })),
  },
  'Whether all archived facts can be read and give the states that the journal keeps; no problems: they do.',
);
