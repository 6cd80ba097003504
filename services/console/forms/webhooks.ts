import { Type, type Static } from '@sinclair/typebox';

import { form, instant, list, part, word } from './form.js';
import { givenBy } from './given-by.js';

const paused = part({ subject: Type.String(), reason: Type.String(), at: instant });

const webhookMembers = {
  name: Type.String(),
  paused: Type.Optional(paused),
  replaySince: Type.Optional(instant),
  waiting: Type.Integer({ minimum: 0, description: 'Events that failed and are tried again.' }),
  dead: Type.Integer({ minimum: 0, description: 'Events that failed for too long: nobody tries them.' }),
};

export const webhookItem = part(webhookMembers);
export type WebhookItem = Static<typeof webhookItem>;

export const webhookList = list(
  'WebhookList',
  webhookItem,
  'Subscribers by webhook that were ever configured.',
);
export type WebhookList = Static<typeof webhookList>;

const webhookEvent = part({
  id: Type.String({ description: 'For `retry` and `drop`.' }),
  state: word(['waiting', 'dead'] as const),
  eventId: Type.String({ description: '`ce_id`' }),
  node: Type.String({ description: '<cluster>/<node>; of what tells of a gap: <topic>/<partition>.' }),
  topic: Type.String(),
  partition: Type.Optional(
    Type.Integer({
      description: 'Where the log has it; absent of one that was made again from the journal.',
    }),
  ),
  offset: Type.Optional(Type.String()),
  firstTriedAt: {
    ...instant,
    description:
      'RFC 3339, UTC; later by as long as the subscriber was paused since: `retryFor` counts from here.',
  },
  tries: Type.Integer({ minimum: 0 }),
  dueAt: instant,
  reason: Type.String({ description: 'Why the last try failed.' }),
});
export type WebhookEventItem = Static<typeof webhookEvent>;

export const webhookDescription = form(
  'Webhook',
  {
    ...webhookMembers,
    events: Type.Array(webhookEvent, { description: 'Those that it has not got, at most 1,000 of them.' }),
  },
  'One subscriber by webhook.',
);
export type WebhookDescription = Static<typeof webhookDescription>;

export const webhookVerbs = ['pause', 'resume', 'replay', 'retry', 'drop'] as const;
export type WebhookVerb = (typeof webhookVerbs)[number];

/** Events of which one request decides. */
export const mostWebhookEvents = 1_000;

const { subject, dryRun, reason } = givenBy;
const ids = Type.Array(Type.String({ pattern: '^[0-9]{1,18}$' }), {
  minItems: 1,
  maxItems: mostWebhookEvents,
  description: 'As the subscriber is shown.',
});

function order<Members extends Parameters<typeof Type.Object>[0]>(members: Members, description: string) {
  return Type.Object({ ...members, subject, dryRun }, { additionalProperties: false, description });
}

/** What each order has to say. */
export const webhookOrders = {
  pause: order({ reason }, 'Nothing is sent any more.'),
  resume: order({}, 'It goes on where it was.'),
  replay: order(
    {
      since: Type.String({
        description:
          '`beginning`, or a time that is past, in RFC 3339: what was published since comes again. What the log has forgotten is made again from the journal, where that can.',
      }),
    },
    'Events are delivered again, marked with `ce-replay`.',
  ),
  retry: order({ ids }, 'Dead events are tried again.'),
  drop: order({ ids, reason }, 'Nobody needs to be asked about these events any more.'),
} as const;
export type WebhookOrders = { readonly [Verb in WebhookVerb]: Static<(typeof webhookOrders)[Verb]> };

export const webhookReceipt = form(
  'WebhookReceipt',
  {
    name: Type.String(),
    verb: word(webhookVerbs),
    ids: Type.Optional(Type.Array(Type.String(), { description: 'Events that it was decided about now.' })),
    replayId: Type.Optional(
      Type.String({ description: 'Stands as `ce-replay` in each event that comes again.' }),
    ),
    since: Type.Optional({
      ...instant,
      description:
        'RFC 3339, UTC: from when on events come again; later than asked where there is nothing so old, absent: from the beginning of the journal.',
    }),
    fromJournal: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Topics whose events are made again from the journal, node after node, since the log has forgotten some of them.',
      }),
    ),
    forgotten: Type.Optional(
      Type.Array(part({ topic: Type.String(), before: instant }), {
        description: 'Topics of which nobody has some of what was asked for any more, published before then.',
      }),
    ),
    subject: Type.String(),
    dryRun: Type.Boolean(),
  },
  'What was ordered about a subscriber by webhook.',
);
export type WebhookReceipt = Static<typeof webhookReceipt>;
