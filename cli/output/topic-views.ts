import type { AccessRuleItem, AccessRuleList, TopicItem, TopicPlanDocument } from '../forms/topics.js';
import type { View } from './print.js';

interface TopicRow {
  readonly topic: string;
  readonly action: string;
  readonly setting: string;
  readonly is: string;
  readonly shall: string;
  readonly note: string;
}

const none = '-';
const past: Readonly<Record<string, string>> = { create: 'created', set: 'changed', none: 'unchanged' };

/** A topic that is made is one row, else each setting is; one that is as it should be has none, or says so. */
function rowsOf({ topic, action, changes }: TopicItem, applied: boolean): readonly TopicRow[] {
  const told = (word: string): string => (applied ? (past[word] ?? word) : word);
  const row = { topic, setting: none, is: none, shall: none, note: '' };
  if (action === 'create') {
    const shall = changes.map((change) => `${change.setting}=${change.shall}`).join(' ');
    return [{ ...row, action: told('create'), shall }];
  }
  if (changes.length === 0) return applied ? [{ ...row, action: told('none') }] : [];
  return changes.map(({ setting, is = none, shall, action: what, note = '' }) => ({
    topic,
    action: told(what),
    setting,
    is,
    shall,
    note,
  }));
}

export const topicPlanView: View<TopicPlanDocument, TopicRow> = {
  rows: ({ items, applied }) => items.flatMap((item) => rowsOf(item, applied)),
  nameOf: ({ topic }) => topic,
  whenEmpty: 'All topics are as in the catalog.',
  columns: [
    { title: 'TOPIC', text: ({ topic }) => topic },
    {
      title: 'ACTION',
      text: ({ action }) => action,
      colour: ({ action }) => (['withheld', 'impossible'].includes(action) ? 'yellow' : undefined),
    },
    { title: 'SETTING', text: ({ setting }) => setting },
    { title: 'IS', text: ({ is }) => is },
    { title: 'SHALL BE', text: ({ shall }) => shall },
    { title: 'NOTE', text: ({ note }) => note },
  ],
};

export const accessRuleView: View<AccessRuleList, AccessRuleItem> = {
  rows: ({ items }) => items,
  nameOf: ({ principal, operation, resource, name }) => `${principal} ${operation} ${resource} ${name}`,
  whenEmpty: 'No rules.',
  columns: [
    { title: 'PRINCIPAL', text: ({ principal }) => principal },
    { title: 'ROLE', text: ({ role }) => role },
    { title: 'ALLOWED', text: ({ operation }) => operation },
    {
      title: 'ON',
      text: ({ resource, name, pattern }) => `${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`,
    },
    {
      title: 'RESULT',
      text: ({ added }) => (added === undefined ? none : added ? 'added' : 'unchanged'),
    },
  ],
};
