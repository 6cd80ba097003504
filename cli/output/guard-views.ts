import type {
  GuardDescription,
  GuardPolicyItem,
  PastPauseItem,
  PauseItem,
  StandingItem,
  VerdictItem,
  WaitingItem,
} from '../../services/console/forms/guard.js';
import type { Terminal } from '../terminal.js';
import { ageOf, timeTo } from './age.js';
import { changeColumns } from './change-views.js';
import type { View } from './print.js';
import { printable, renderTable, type Column } from './table.js';
import type { ToldGuard } from './told-by-server.js';
import { whereText } from './where-text.js';

const none = '-';

/** Who began it and why: what a breaker or a metric saw, or what a person said. */
export function whyText({ reason, incident, regression, rollout }: PauseItem): string {
  if (rollout !== undefined) return `${reason} (change ${rollout.change})`;
  if (regression !== undefined) return regressionText(reason, regression);
  if (incident === undefined) return reason;
  const { breaker, common, shared, count, faultTypes, denied } = incident;
  const alike = shared.length === 0 ? '' : `; most have ${shared.join(', ')}`;
  const seen = `${breaker}: ${count} nodes of ${common} with ${faultTypes.join(', ')}${alike}`;
  return denied === undefined ? seen : `${seen}; denied by ${denied.by}: ${denied.reason}`;
}

function regressionText(
  reason: string,
  { count, changes, denied }: NonNullable<PauseItem['regression']>,
): string {
  const others = changes.length === 0 ? '' : `, changes of others: ${changes.join(', ')}`;
  const seen = `${reason}; under way then: ${count} nodes${others}`;
  return denied === undefined ? seen : `${seen}; denied by ${denied.by}: ${denied.reason}`;
}

function pauseColumns(now: number): readonly Column<PauseItem>[] {
  return [
    { title: 'PAUSE', text: ({ id }) => id },
    {
      title: 'KIND',
      text: ({ kind }) => kind,
      colour: ({ kind }) => (kind === 'freeze' || kind === 'rollout' ? 'yellow' : 'red'),
    },
    { title: 'WHERE', text: ({ where }) => whereText(where) },
    { title: 'OPERATIONS', text: ({ operations }) => operations?.join(',') ?? 'all', wide: true },
    { title: 'BY', text: ({ by }) => by },
    { title: 'AGE', text: ({ since }) => ageOf(since, now) },
  ];
}

const why: Column<PauseItem> = { title: 'WHY', text: whyText };

function presentColumns(now: number): readonly Column<PauseItem>[] {
  return [
    ...pauseColumns(now),
    { title: 'ENDS', text: (pause) => endText(pause, now) },
    why,
    {
      title: 'NODES',
      text: ({ incident, regression }) => (incident ?? regression)?.nodes.join(',') ?? none,
      wide: true,
    },
  ];
}

function endText({ until, rollout }: PauseItem, now: number): string {
  if (rollout !== undefined) return 'with its change';
  return until === undefined ? none : `in ${timeTo(until, now)}`;
}

function waitingColumns(now: number): readonly Column<WaitingItem>[] {
  return [
    { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
    { title: 'WAITS TO', text: ({ type }) => type },
    { title: 'FAULT', text: ({ faultType }) => faultType },
    { title: 'FOR', text: ({ since }) => ageOf(since, now) },
    { title: 'PLACE', text: ({ place }) => (place === undefined ? none : String(place)) },
    { title: 'ASKED AGAIN', text: ({ askedAgainAt }) => `in ${timeTo(askedAgainAt, now)}` },
    { title: 'REASON', text: ({ reason }) => reason },
    { title: 'PROCESS', text: ({ processId }) => processId, wide: true },
  ];
}

/** A budget of single nodes has a counter for each. */
const mostCounters = 50;

const counterColumns: readonly Column<GuardDescription['counters'][number]>[] = [
  { title: 'TAKEN OF', text: ({ counter }) => counter },
  {
    title: 'USED',
    text: ({ used }) => String(used),
    colour: ({ used, cap = Infinity }) => (used < cap ? undefined : 'yellow'),
  },
  { title: 'OF AT MOST', text: ({ cap }) => String(cap ?? none) },
];

function verdictColumns(now: number): readonly Column<VerdictItem>[] {
  return [
    { title: 'METRIC', text: ({ metric }) => metric },
    {
      title: 'SAYS',
      text: ({ says }) => says,
      colour: ({ says }) => (says === 'good' ? 'green' : 'red'),
    },
    { title: 'READ', text: ({ at }) => `${ageOf(at, now)} ago` },
    { title: 'SINCE', text: ({ since }) => ageOf(since, now), wide: true },
    { title: 'VALUE', text: ({ value }) => String(value ?? none) },
    { title: 'BOUND', text: ({ bound }) => String(bound ?? none) },
    { title: 'BEFORE', text: ({ baseline }) => String(baseline ?? none) },
    { title: 'WHY', text: ({ reason }) => reason },
  ];
}

const overruled: Column<StandingItem> = {
  title: 'OVERRULED',
  text: ({ overruled: isOverruled }) => (isOverruled ? 'yes' : none),
};

/** The fullest of them first. */
function fullest(counters: GuardDescription['counters']): GuardDescription['counters'] {
  const partUsed = ({ used, cap }: GuardDescription['counters'][number]): number =>
    cap === undefined ? 0 : used / Math.max(cap, 1);
  return [...counters].sort((one, other) => partUsed(other) - partUsed(one)).slice(0, mostCounters);
}

function countersHead({ length }: GuardDescription['counters']): string {
  if (length === 0) return 'none';
  return length <= mostCounters ? String(length) : `${length}; the fullest ${mostCounters} of them`;
}

function reasonsText(reasons: GuardDescription['waiting']['reasons']): string {
  return reasons.map((one) => `${one.reason} ${one.count}`).join(', ');
}

function changesHead(changes: ToldGuard['changes']): string {
  if (changes === undefined) return 'this server does not tell of them: it is of an older release';
  const { granted, waiting, reasons, items } = changes;
  if (granted + waiting === 0) return 'none';
  const why = waiting === 0 ? '' : ` (${reasonsText(reasons)})`;
  const shown = items.length < granted + waiting ? `; the first ${items.length} of them` : '';
  return `${granted} with leave, ${waiting} waiting${why}${shown}`;
}

function waitingHead({ count, reasons, items }: GuardDescription['waiting'], others: number): string {
  if (count === 0) return others === 0 ? 'none' : 'none of ours';
  const why = reasonsText(reasons);
  const shown = items.length < count ? `; the first ${items.length} of them` : '';
  return `${count} (${why})${shown}`;
}

/** Nothing, where what the file says holds. */
function policyTexts(policy: ToldGuard['policy'], now: number): readonly string[] {
  if (policy?.refused === undefined) return [];
  const { version, refused } = policy;
  const lines = refused.reason.split('\n').map((line) => `  ${printable(line)}\n`);
  const head = `policy ${version} stays in force: what the file says has been refused for ${ageOf(refused.since, now)}`;
  return [`${head}\n${lines.join('')}`];
}

/** All that the guard holds back, for people. */
export function printGuard(
  terminal: Terminal,
  { policy, pauses, metrics, waiting, changes, counters }: ToldGuard,
  { wide, now }: { readonly wide: boolean; readonly now: number },
): void {
  const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
    rows.length === 0 ? '' : renderTable(columns, rows, { wide, colour: terminal.colour });
  terminal.out(
    [
      ...policyTexts(policy, now),
      `pauses in force: ${pauses.length === 0 ? 'none' : pauses.length}\n${table(presentColumns(now), pauses)}`,
      `business metrics: ${metrics.length === 0 ? 'none' : metrics.length}\n${table([...verdictColumns(now), overruled], metrics)}`,
      `waiting for leave: ${waitingHead(waiting, changes?.waiting ?? 0)}\n${table(waitingColumns(now), waiting.items)}`,
      `changes of others: ${changesHead(changes)}\n${table(changeColumns(now), changes?.items ?? [])}`,
      `budgets in use: ${countersHead(counters)}\n${table(counterColumns, fullest(counters))}`,
    ].join('\n'),
  );
}

/** Ages are as of `now`, ms. The policy itself is for machines: it is longer than a line. */
export function guardPoliciesView(
  now: number,
): View<{ readonly items: readonly GuardPolicyItem[] }, GuardPolicyItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ version }) => version,
    whenEmpty: 'No policy was taken up yet.',
    columns: [
      { title: 'VERSION', text: ({ version }) => version },
      { title: 'TAKEN UP', text: ({ at }) => at },
      { title: 'AGE', text: ({ at }) => ageOf(at, now) },
      { title: 'FIRST BY', text: ({ by }) => by },
    ],
  };
}

/** Ages are as of `now`, ms. */
export function pauseHistoryView(
  now: number,
): View<{ readonly items: readonly PastPauseItem[] }, PastPauseItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ id }) => id,
    whenEmpty: 'There was never a pause.',
    columns: [
      ...pauseColumns(now),
      why,
      { title: 'ENDED', text: ({ ended }) => ended?.how ?? none },
      { title: 'ENDED BY', text: ({ ended }) => ended?.by ?? none, wide: true },
      { title: 'ENDED AT (UTC)', text: ({ ended }) => ended?.at ?? none, wide: true },
      { title: 'WHY ENDED', text: ({ ended }) => ended?.reason ?? none },
    ],
  };
}

/** Ages are as of `now`, ms. */
export function verdictsView(now: number): View<{ readonly items: readonly VerdictItem[] }, VerdictItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ metric }) => metric,
    whenEmpty: 'No business metric was judged yet.',
    columns: verdictColumns(now),
  };
}
