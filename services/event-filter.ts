import { faultClasses, faultTypes, type FaultClass, type FaultType } from '../domain/fault.js';
import { outcomes, type Outcome } from '../domain/node-state.js';
import { stateTopic } from '../schemas/catalog.js';
import { topicsOfRole } from '../schemas/roles.js';

/** What of an event can be asked for. Absent: the event says nothing about it. */
export interface EventFacets {
  readonly topic: string;
  /** All that it speaks of, as `<cluster>/<node>`: of a decision about many reports, many. */
  readonly nodes: readonly string[];
  /** It speaks of whatever stands in these clusters, or in all: whoever asks for a node there has to know. */
  readonly clusters?: readonly string[] | 'all';
  readonly faultTypes?: readonly string[];
  readonly classes?: readonly string[];
  readonly outcome?: string;
}

/** Which events somebody wants: each part that is given has to fit. */
export interface EventFilter {
  readonly topics: readonly string[];
  readonly nodes?: ReadonlySet<string>;
  readonly clusters?: ReadonlySet<string>;
  readonly types?: ReadonlySet<FaultType>;
  readonly classes?: ReadonlySet<FaultClass>;
  readonly outcomes?: ReadonlySet<Outcome>;
  /** Nodes (`<cluster>/<node>`) by what is known of them now. */
  readonly selects?: (node: string) => boolean;
}

/** Topics of events that are meant for subscribers. By HTTP, states come from the journal, as they are at that moment. */
export const offeredTopics = topicsOfRole('subscriber').reads.filter((topic) => topic !== stateTopic);

/** A filter that says something that means nothing: it must let nobody believe that it filters. */
export class FilterInvalid extends Error {
  override readonly name = 'FilterInvalid';
}

function refuse(name: string, index: number, problem: string): never {
  throw new FilterInvalid(`${name}, value ${index + 1}: ${problem}`);
}

/** Whether both are one word, as events write it (`HANDED_TO_HUMAN`) or as people do (`HandedToHuman`). */
export function isSameWord(one: string, other: string): boolean {
  const bare = (word: string): string => word.replaceAll('_', '').toLowerCase();
  return bare(one) === bare(other);
}

function wordsOf<Word extends string>(name: string, values: readonly string[], words: readonly Word[]) {
  return values.map((value, index) => {
    const found = words.find((word) => isSameWord(word, value));
    return found ?? refuse(name, index, `"${value}" is none of ${words.join(', ')}`);
  });
}

function namesOf(name: string, values: readonly string[], form: RegExp, like: string) {
  return values.map((value, index) =>
    form.test(value) ? value : refuse(name, index, `"${value}" is not like ${like}`),
  );
}

/** The parts of a filter, as they stand in a URL and in the configuration. */
export const filterNames = ['topic', 'node', 'cluster', 'type', 'class', 'outcome'] as const;
export type FilterValues = Readonly<Partial<Record<(typeof filterNames)[number], readonly string[]>>>;

/** The same, several values of a part with commas between them. */
export type FilterText = Readonly<Partial<Record<(typeof filterNames)[number], string>>>;

function setOf<Value>(values: readonly Value[] | undefined): ReadonlySet<Value> | undefined {
  return values === undefined ? undefined : new Set(values);
}

/**
 * A part that is not given lets everything through.
 * @throws FilterInvalid: which part, which of its values, and what would do
 */
export function filterOf({ topic, node, cluster, type, class: touched, outcome }: FilterValues): EventFilter {
  const parts = {
    nodes: setOf(node && namesOf('node', node, /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'east/node-1')),
    clusters: setOf(cluster && namesOf('cluster', cluster, /^[a-z0-9-]{1,63}$/, 'east')),
    types: setOf(type && wordsOf('type', type, faultTypes)),
    classes: setOf(touched && wordsOf('class', touched, faultClasses)),
    outcomes: setOf(outcome && wordsOf('outcome', outcome, outcomes)),
  };
  const given = Object.entries(parts).filter(([, part]) => part !== undefined);
  return {
    topics: topic ? wordsOf('topic', topic, offeredTopics) : offeredTopics,
    ...(Object.fromEntries(given) as Omit<EventFilter, 'topics'>),
  };
}

function anyOf(wanted: ReadonlySet<string> | undefined, found: readonly string[] | undefined): boolean {
  return wanted === undefined || (found?.some((one) => wanted.has(one)) ?? false);
}

/** Whether the filter lets through what is about this node (`<cluster>/<node>`). */
export function fitsNode({ nodes, clusters, selects }: EventFilter, node: string): boolean {
  return (
    (nodes?.has(node) ?? true) &&
    (clusters?.has(node.slice(0, node.indexOf('/'))) ?? true) &&
    (selects?.(node) ?? true)
  );
}

/** Whether it asks for more than topics and nodes: then an event has to be looked into. */
export function asksForContent({ types, classes, outcomes: wanted }: EventFilter): boolean {
  return types !== undefined || classes !== undefined || wanted !== undefined;
}

/** Whether something that it lets through may stand in one of these clusters. */
function fitsAnyCluster({ nodes, clusters }: EventFilter, spoken: readonly string[] | 'all'): boolean {
  if (spoken === 'all') return true;
  const ofNodes = [...(nodes ?? [])].map((node) => node.slice(0, node.indexOf('/')));
  return spoken.some((one) => (clusters?.has(one) ?? true) && (nodes === undefined || ofNodes.includes(one)));
}

/** The same of an event that speaks of these nodes: of one of them is enough. */
function fitsAnyNode(filter: EventFilter, nodes: readonly string[]): boolean {
  for (const node of nodes) if (fitsNode(filter, node)) return true;
  return false;
}

export function fits(
  filter: EventFilter,
  { topic, nodes, clusters, faultTypes: types, classes, outcome }: EventFacets,
) {
  return (
    // The cheapest first: with a thousand subscribers it is asked a million times a second.
    filter.topics.includes(topic) &&
    (clusters === undefined ? fitsAnyNode(filter, nodes) : fitsAnyCluster(filter, clusters)) &&
    anyOf(filter.types, types) &&
    anyOf(filter.classes, classes) &&
    anyOf(filter.outcomes, outcome === undefined ? undefined : [outcome])
  );
}

/** As `filterOf`. */
export function filterOfText(text: FilterText): EventFilter {
  return filterOf(
    Object.fromEntries(
      filterNames.flatMap((name) => {
        const values = text[name]?.split(',');
        return values === undefined ? [] : [[name, values]];
      }),
    ),
  );
}
