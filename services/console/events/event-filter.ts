import { faultClasses, faultTypes, type FaultClass, type FaultType } from '../../../domain/fault.js';
import { outcomes, type Outcome } from '../../../domain/node-state.js';
import { topicsOfRole } from '../../../schemas/roles.js';
import { ConsoleRefusal } from '../forms/problem.js';

/** What of an event can be asked for. Absent: the event says nothing about it. */
export interface EventFacets {
  readonly topic: string;
  /** `<cluster>/<node>` */
  readonly node: string;
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
}

/** Topics that are meant for subscribers. */
export const offeredTopics = topicsOfRole('subscriber').reads;

const next = 'see /v1/openapi.json; several values are written with commas between them';

function refuse(where: string, problem: string): never {
  throw new ConsoleRefusal('BadRequest', `${where}: ${problem}`, next);
}

/** The values of one parameter; undefined when it was not given. @throws ConsoleRefusal BadRequest, with the place */
function valuesOf<Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): readonly Word[] | undefined {
  return text?.split(',').map((value, index) => {
    const found = words.find((word) => word === value);
    return found ?? refuse(`${name}, value ${index + 1}`, `"${value}" is none of ${words.join(', ')}`);
  });
}

function setOf<Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): ReadonlySet<Word> | undefined {
  const values = valuesOf(name, text, words);
  return values === undefined ? undefined : new Set(values);
}

function namesOf(name: string, text: string | undefined, form: RegExp, like: string) {
  if (text === undefined) return undefined;
  return new Set(
    text.split(',').map((value, index) => {
      if (form.test(value)) return value;
      return refuse(`${name}, value ${index + 1}`, `"${value}" is not like ${like}`);
    }),
  );
}

/** Parameters by which `GET /v1/events` is filtered, as they stand in the URL. */
export const filterNames = ['topic', 'node', 'cluster', 'type', 'class', 'outcome'] as const;
type FilterText = Readonly<Partial<Record<(typeof filterNames)[number], string>>>;

/** @throws ConsoleRefusal BadRequest: which parameter, which of its values, and what would do */
export function parseFilter(text: FilterText): EventFilter {
  const parts = {
    nodes: namesOf('node', text.node, /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'east/node-1'),
    clusters: namesOf('cluster', text.cluster, /^[a-z0-9-]{1,63}$/, 'east'),
    types: setOf('type', text.type, faultTypes),
    classes: setOf('class', text.class, faultClasses),
    outcomes: setOf('outcome', text.outcome, outcomes),
  };
  const given = Object.entries(parts).filter(([, part]) => part !== undefined);
  return {
    topics: valuesOf('topic', text.topic, offeredTopics) ?? offeredTopics,
    ...(Object.fromEntries(given) as Omit<EventFilter, 'topics'>),
  };
}

function anyOf(wanted: ReadonlySet<string> | undefined, found: readonly string[] | undefined): boolean {
  return wanted === undefined || (found?.some((one) => wanted.has(one)) ?? false);
}

export function fits(filter: EventFilter, { topic, node, faultTypes: types, classes, outcome }: EventFacets) {
  return (
    filter.topics.includes(topic) &&
    anyOf(filter.nodes, [node]) &&
    anyOf(filter.clusters, [node.slice(0, node.indexOf('/'))]) &&
    anyOf(filter.types, types) &&
    anyOf(filter.classes, classes) &&
    anyOf(filter.outcomes, outcome === undefined ? undefined : [outcome])
  );
}
