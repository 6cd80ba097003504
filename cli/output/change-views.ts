import type { ChangeItem } from '../../services/console/forms/changes.js';
import { ageOf, timeTo } from './age.js';
import type { View } from './print.js';
import type { Column } from './table.js';
import { whereText } from './where-text.js';

const none = '-';

/** A node, or what a rollout goes through. */
function placeText({ cluster, node, scope }: ChangeItem): string {
  return node === undefined ? whereText({ clusters: [cluster], ...scope }) : `${cluster}/${node}`;
}

function why({ waiting, ended, reason }: ChangeItem): string {
  return waiting?.reason ?? ended?.message ?? reason;
}

/** How its node was: what was not well there, or else one word. */
function beforeText(before: ChangeItem['before']): string {
  if (before === undefined) return none;
  return before.conditions.join(',') || before.health;
}

/** One of them. Ages are as of `now`, ms. */
export function changeView(now: number): View<ChangeItem, ChangeItem> {
  return { ...changesView(now), rows: (change) => [change] };
}

/** Ages are as of `now`, ms. */
export function changesView(now: number): View<{ readonly items: readonly ChangeItem[] }, ChangeItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ id }) => id,
    whenEmpty: 'Nobody has asked leave for a change.',
    columns: changeColumns(now),
  };
}

/** Ages are as of `now`, ms. */
export function changeColumns(now: number): readonly Column<ChangeItem>[] {
  return [
    { title: 'CHANGE', text: ({ id }) => id },
    { title: 'STATUS', text: ({ status }) => status },
    { title: 'NODE', text: placeText },
    { title: 'OPERATION', text: ({ operation }) => operation },
    { title: 'OWNER', text: ({ owner }) => owner },
    { title: 'AGE', text: ({ askedAt }) => ageOf(askedAt, now) },
    {
      title: 'LEASE ENDS',
      text: ({ leaseUntil }) => (leaseUntil === undefined ? none : `in ${timeTo(leaseUntil, now)}`),
    },
    { title: 'PLACE', text: ({ waiting }) => String(waiting?.place ?? none) },
    { title: 'WHY', text: why },
    { title: 'NODE BEFORE', text: ({ before }) => beforeText(before), wide: true },
    { title: 'TOKEN', text: ({ token }) => String(token ?? none), wide: true },
    { title: 'KEY', text: ({ key }) => key, wide: true },
  ];
}
