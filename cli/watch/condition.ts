import { factTypes } from '../../domain/fact.js';
import { outcomes } from '../../domain/node-state.js';
import { nodeHealths } from '../../domain/node-summary.js';
import type { FactItem, FaultItem, NodeItem } from '../../services/console/forms/nodes.js';
import type { ProcessItem } from '../../services/console/forms/processes.js';
import { offeredTopics } from '../../services/event-filter.js';
import { eventOfTopic } from '../../schemas/catalog.js';
import { stages } from '../../workflows/orders.js';
import { CommandFailed } from '../errors.js';
import type { ReceivedEvent } from '../read-events.js';

/** What somebody waits for. */
export interface Condition<Row> {
  /** As it was written. */
  readonly text: string;
  readonly isMet: (row: Row) => boolean;
  /** Whether it is met where there is no row at all. */
  readonly isMetByNone?: true;
  /** Why it can't come any more. */
  readonly missed?: (row: Row) => string | undefined;
}

type Part<Row> = Omit<Condition<Row>, 'text'>;

/** Conditions of one kind of row, by their names. */
type Conditions<Row> = Readonly<
  Record<string, { readonly values?: readonly string[]; readonly of: (value: string) => Part<Row> }>
>;

function like<Row>([name, { values }]: readonly [string, Conditions<Row>[string]]): string {
  return values === undefined ? name : `${name}=${values.join('|')}`;
}

function parser<Row>(known: Conditions<Row>): (text: string) => Condition<Row> {
  return (text) => {
    const [name = '', ...rest] = text.split('=');
    const value = rest.join('=');
    const found = Object.hasOwn(known, name) ? known[name] : undefined;
    const fits = found?.values === undefined ? rest.length === 0 : found.values.includes(value);
    if (found !== undefined && fits) return { text, ...found.of(value) };
    const next = `write one of: ${Object.entries(known).map(like).join(', ')}`;
    throw new CommandFailed('Usage', `--until ${text} is no condition here`, next);
  };
}

export const nodeCondition = parser<NodeItem>({
  health: { values: nodeHealths, of: (health) => ({ isMet: (row) => row.health === health }) },
  stage: { values: stages, of: (stage) => ({ isMet: (row) => row.process?.stage === stage }) },
  idle: { of: () => ({ isMet: (row) => row.process === undefined }) },
});

export const faultCondition = parser<FaultItem>({
  cleared: { of: () => ({ isMet: () => false, isMetByNone: true }) },
});

function endedOtherwise({ processId, outcome }: ProcessItem): string | undefined {
  return outcome === undefined ? undefined : `${processId} has ended: ${outcome}`;
}

export const processCondition = parser<ProcessItem>({
  ended: { of: () => ({ isMet: ({ endedAt }) => endedAt !== undefined, isMetByNone: true }) },
  outcome: {
    values: outcomes,
    of: (wanted) => ({ isMet: ({ outcome }) => outcome === wanted, missed: endedOtherwise }),
  },
  stage: {
    values: stages,
    of: (wanted) => ({ isMet: ({ stage }) => stage === wanted, missed: endedOtherwise }),
  },
  person: { of: () => ({ isMet: ({ waitingFor }) => waitingFor !== undefined, missed: endedOtherwise }) },
});

export const factCondition = parser<FactItem>({
  fact: { values: factTypes, of: (wanted) => ({ isMet: ({ type }) => type === wanted }) },
});

const eventNames = [...new Set(offeredTopics.map(eventOfTopic))].filter((name) => name !== undefined);

export const eventCondition = parser<ReceivedEvent>({
  event: { values: eventNames, of: (wanted) => ({ isMet: ({ type }) => type.endsWith(`.${wanted}`) }) },
});
