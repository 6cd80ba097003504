import type { History } from '../adapters/ports/journal.js';
import type { ToldFact } from '../domain/fact.js';
import type { NodeKey } from '../domain/identifiers.js';
import { topicsOfEvent } from '../schemas/catalog.js';
import { cloudEventHeaders, replayHeader } from '../schemas/cloud-events.js';
import { decisionsAgain } from './events-again.js';
import { attributesOf, saidBy, type FactPublisher, type Said } from './publish-fact.js';
import { facetsOf } from './event-facets.js';
import { asksForContent, fits, fitsNode, type EventFilter } from './event-filter.js';
import { jsonContent, structuredEvent, type StructuredEvent } from './structured-event.js';

/** Where events are made again that the log has forgotten. */
export interface JournalOfEvents {
  readonly history: Pick<History, 'publishedFacts'>;
  /** `ce_source` under which they were published. */
  readonly source: string;
}

/** One event made again from the journal. */
export interface JournalEvent {
  readonly publisher: FactPublisher;
  readonly fact: ToldFact;
  readonly said: Said;
}

/** A fact, where facts stand node after node. */
export type JournalPlace = Pick<ToldFact, 'node' | 'version'>;

/** What of the journal is wanted. */
export interface JournalSpan {
  readonly filter: EventFilter;
  /** Undefined: from the beginning of the journal on. */
  readonly from?: JournalPlace;
  /** ms: decided at this time or later… */
  readonly since: number;
  /** …and before this one. */
  readonly until: number;
}

/** Topics whose events are made again from facts; of the others the journal keeps too little. */
export const topicsOfFacts: readonly string[] = (
  ['ProcessEvent', 'FaultChanged', 'ProcessEnded', 'MigrationRequested'] as const
).flatMap(topicsOfEvent);

/** The one node that is wanted, if it is one: then only its facts are read. */
function onlyNode({ nodes }: EventFilter): NodeKey | undefined {
  const [node] = nodes ?? [];
  return nodes?.size === 1 ? (node as NodeKey) : undefined;
}

/**
 * Events as they were published, from the beginning of the journal on, a page at a time: those of one node in order, one node
 * after the other. Reads only, and holds no more than a page.
 */
export async function* journalEvents(
  history: Pick<History, 'publishedFacts'>,
  source: string,
  { filter, from, since, until }: JournalSpan,
): AsyncGenerator<readonly JournalEvent[], void> {
  const node = onlyNode(filter);
  const topics = new Set(filter.topics);
  const wanted = ({ node }: ToldFact, said: Said): boolean =>
    !asksForContent(filter) || fits(filter, { topic: said.topic, nodes: [node], ...facetsOf(said) });
  const isBefore = (fact: ToldFact): boolean => fact.node === from?.node && fact.version < from.version;
  const again = {
    history,
    ...(node === undefined ? {} : { node }),
    ...(from === undefined ? {} : { fromNode: from.node }),
  };
  for await (const decisions of decisionsAgain(again)) {
    const events: JournalEvent[] = [];
    for (const { facts, process } of decisions) {
      for (const { fact, epoch, causedBy } of facts) {
        if (fact.at < since || fact.at >= until || isBefore(fact) || !fitsNode(filter, fact.node)) continue;
        const publisher = { source, epoch, causedBy };
        for (const said of saidBy(process, fact, topics))
          if (wanted(fact, said)) events.push({ publisher, fact, said });
      }
    }
    yield events;
  }
}

/** The headers under which it was published. */
export function headersOf({ publisher, fact, said }: JournalEvent): Record<string, string> {
  return cloudEventHeaders(attributesOf(publisher, fact, said.event));
}

/**
 * As subscribers by HTTP get it, but for its place in the log, which may have forgotten it.
 * @param replay what it is marked with for who is told the past again; nothing for who hears of it for the first time
 */
export function asCloudEvent({ publisher, fact, said }: JournalEvent, replay?: string): StructuredEvent {
  const attributes = attributesOf(publisher, fact, said.event);
  const headers = {
    ...cloudEventHeaders(attributes),
    ...(replay === undefined ? {} : { [replayHeader]: replay }),
  };
  const { topic, payload } = said;
  return structuredEvent(headers, attributes.id, { topic }, jsonContent(payload));
}
