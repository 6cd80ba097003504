import { Type } from '@sinclair/typebox';

import { faultClasses, faultTypes } from '../../../domain/fault.js';
import { outcomes } from '../../../domain/node-state.js';
import { offeredTopics } from '../../../services/event-filter.js';
import {
  count,
  duration,
  nameOf,
  oneOf,
  section,
  sectionWithDefaults,
  signingMembers,
  text,
} from './values.js';

const filterSection = sectionWithDefaults(
  {
    topic: Type.Optional(
      Type.Array(oneOf(offeredTopics), { minItems: 1, description: 'Only what is published there.' }),
    ),
    node: Type.Optional(
      Type.Array(text('<cluster>/<node>'), { minItems: 1, description: 'Only about these nodes.' }),
    ),
    cluster: Type.Optional(
      Type.Array(text('Name of a cluster.'), {
        minItems: 1,
        description: 'Only about nodes of these clusters.',
      }),
    ),
    type: Type.Optional(
      Type.Array(oneOf(faultTypes), {
        minItems: 1,
        description: 'Only faults of these types, and ends of processes that handled one.',
      }),
    ),
    class: Type.Optional(
      Type.Array(oneOf(faultClasses), { minItems: 1, description: 'The same by class of fault.' }),
    ),
    outcome: Type.Optional(
      Type.Array(oneOf(outcomes), { minItems: 1, description: 'Only processes that ended so.' }),
    ),
    labelSelector: Type.Optional(
      text(
        'Only about nodes with such labels, like "pool=gpu,zone in (a,b)": those of poolLabel, zoneLabel and guard.labels.',
      ),
    ),
  },
  'What it is told; each part that is given has to fit.',
);

export const webhooksSection = Type.Array(
  section({
    name: nameOf('What it has got is remembered under this name: another name begins anew.'),
    url: text('Where events are posted to. Redirects are not followed.'),
    ...signingMembers,
    filter: filterSection,
    from: oneOf(['now', 'beginning'] as const, {
      default: 'now',
      description:
        'Where a subscriber that was never heard of begins; the beginning is that of the log, which forgets.',
    }),
    concurrency: count({
      default: 8,
      minimum: 1,
      maximum: 64,
      description: 'Requests at once; of one node never more than one.',
    }),
    requestTimeout: duration({ default: '15s', description: 'An answer that takes longer counts as none.' }),
    retryFor: duration({ default: '24h', description: 'An event that fails for so long is a dead letter.' }),
  }),
  { default: [], maxItems: 100, description: 'Subscribers by webhook.' },
);
