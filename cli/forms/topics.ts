import { Type, type Static } from '@sinclair/typebox';

import { roles } from '../../schemas/roles.js';
import { form, part, word } from '../../services/console/forms/form.js';

const topicChange = part({
  setting: Type.String({ description: '`partitions`, or a setting in Kafka’s name.' }),
  is: Type.Optional(Type.String({ description: 'Absent: the topic was not there.' })),
  shall: Type.String({ description: 'What the catalog says.' }),
  action: word(
    ['set', 'withheld', 'impossible'],
    'withheld: only when a flag asks for it. impossible: Kafka can not do it.',
  ),
  note: Type.Optional(Type.String()),
});

const topicItem = part({
  topic: Type.String(),
  action: word(['create', 'change', 'none'], 'none: nothing, or nothing that may be done.'),
  changes: Type.Array(topicChange),
});
export type TopicItem = Static<typeof topicItem>;

export const topicPlan = form(
  'TopicPlan',
  {
    applied: Type.Boolean({ description: 'False: nothing was changed, this is what would be.' }),
    items: Type.Array(topicItem),
  },
  'How the topics differ from the catalog, and what is done about it.',
);
export type TopicPlanDocument = Static<typeof topicPlan>;

const accessRule = part({
  principal: Type.String(),
  role: word(roles),
  resource: word(['topic', 'group']),
  name: Type.String(),
  pattern: word(['literal', 'prefixed']),
  operation: Type.String({ description: 'In Kafka’s word; allowed from every host.' }),
  added: Type.Optional(Type.Boolean({ description: 'Only with --apply. False: it was there already.' })),
});
export type AccessRuleItem = Static<typeof accessRule>;

export const accessRuleList = form(
  'AccessRuleList',
  {
    applied: Type.Boolean({ description: 'False: Kafka was not asked.' }),
    items: Type.Array(accessRule),
  },
  'What principals may do in Kafka, by their role.',
);
export type AccessRuleList = Static<typeof accessRuleList>;
