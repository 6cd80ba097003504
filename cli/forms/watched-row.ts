import { Type, type Static } from '@sinclair/typebox';

import { form, word } from '../../services/console/forms/form.js';
import { faultItem, nodeItem } from '../../services/console/forms/nodes.js';
import { processItem } from '../../services/console/forms/processes.js';

export const watchedRow = form(
  'WatchedRow',
  {
    change: word(
      ['listed', 'changed', 'gone'],
      'listed: it was there when watching began. changed: it is new or differs. gone: it is not there any more.',
    ),
    name: Type.String({ description: 'As `-o name` prints it.' }),
    row: Type.Optional(
      Type.Union([nodeItem, faultItem, processItem], { description: 'As it is now; absent: it is gone.' }),
    ),
  },
  'One line of `get --watch -o json`.',
);
export type WatchedRow = Static<typeof watchedRow>;
