import type { FactItem, FaultItem, NodeItem } from '../../services/console/forms/nodes.js';
import type { ProcessItem } from '../../services/console/forms/processes.js';
import { ageOf } from './age.js';
import type { View } from './print.js';

/** Any list of rows. */
interface Items<Row> {
  readonly items: readonly Row[];
}

const none = '-';

function healthColour(health: NodeItem['health']) {
  if (health === 'healthy') return 'green';
  return health === 'in-maintenance' ? 'yellow' : 'red';
}

/** Ages are as of `now`, ms. */
export function nodeView(now: number): View<Items<NodeItem>, NodeItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ cluster, node }) => `${cluster}/${node}`,
    whenEmpty: 'No nodes are known yet.',
    columns: [
      { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
      { title: 'HEALTH', text: ({ health }) => health, colour: ({ health }) => healthColour(health) },
      { title: 'FAULTS', text: ({ faults }) => faults.join(',') || none },
      { title: 'WORKFLOW', text: ({ process }) => process?.workflow ?? none },
      { title: 'STAGE', text: ({ process }) => process?.stage ?? none },
      { title: 'CHANGED', text: ({ changedAt }) => ageOf(changedAt, now) },
      { title: 'PROCESS', text: ({ process }) => process?.processId ?? none, wide: true },
      { title: 'MODE', text: ({ process }) => process?.mode ?? none, wide: true },
      { title: 'FACTS', text: ({ factVersion }) => String(factVersion), wide: true },
      { title: 'WAITING FOR', text: ({ process }) => process?.waitingFor ?? none, wide: true },
    ],
  };
}

export function faultView(now: number): View<Items<FaultItem>, FaultItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ faultId }) => faultId,
    whenEmpty: 'No open faults.',
    columns: [
      { title: 'FAULT', text: ({ faultId }) => faultId },
      { title: 'TYPE', text: ({ type }) => type },
      { title: 'CLASS', text: (fault) => fault.class },
      { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
      { title: 'AGE', text: ({ openedAt }) => ageOf(openedAt, now) },
      { title: 'PROCESS', text: ({ processId, left }) => processId ?? left ?? none },
      { title: 'SOURCES', text: ({ sources }) => sources.join(','), wide: true },
    ],
  };
}

export function processView(now: number): View<Items<ProcessItem>, ProcessItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ processId }) => processId,
    whenEmpty: 'No processes.',
    columns: [
      { title: 'PROCESS', text: ({ processId }) => processId },
      { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
      { title: 'WORKFLOW', text: ({ workflow }) => workflow },
      { title: 'FAULT', text: ({ faultType }) => faultType },
      {
        title: 'STAGE',
        text: ({ stage, outcome }) => outcome ?? stage,
        colour: ({ outcome, waitingFor }) => stageColour(outcome, waitingFor),
      },
      { title: 'AGE', text: ({ startedAt }) => ageOf(startedAt, now) },
      { title: 'WAITING FOR', text: ({ waitingFor }) => waitingFor ?? none },
      { title: 'ENDED', text: ({ endedAt }) => endedAt ?? none, wide: true },
      { title: 'REASON', text: ({ reason }) => reason ?? none, wide: true },
    ],
  };
}

function stageColour(outcome: ProcessItem['outcome'], waitingFor: string | undefined) {
  if (outcome === 'Recovered') return 'green';
  return outcome === 'HandedToHuman' || waitingFor !== undefined ? 'red' : undefined;
}

export const factView: View<Items<FactItem>, FactItem> = {
  rows: ({ items }) => items,
  nameOf: ({ version }) => String(version),
  whenEmpty: 'Nothing has happened to this node.',
  columns: [
    { title: 'VERSION', text: ({ version }) => String(version) },
    { title: 'AT (UTC)', text: ({ at }) => at },
    { title: 'FACT', text: ({ type }) => type },
    { title: 'PROCESS', text: ({ processId }) => processId ?? none },
    { title: 'DATA', text: ({ data }) => summaryOf(data) },
    { title: 'CAUSE', text: ({ causeId }) => causeId, wide: true },
  ],
};

function summaryOf(data: object): string {
  return Object.entries(data)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
