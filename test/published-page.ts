import type {
  History,
  PublishedFact,
  PublishedFacts,
  PublishedFactsQuery,
} from '../adapters/ports/journal.js';

/** A page with its facts made. */
export interface PublishedPage {
  readonly facts: readonly PublishedFact[];
  readonly next: PublishedFacts['next'];
}

export async function publishedPage(
  history: Pick<History, 'publishedFacts'>,
  query: PublishedFactsQuery,
): Promise<PublishedPage> {
  const page = await history.publishedFacts(query);
  return { facts: page.facts(), next: page.next };
}
