import { decisionsAgain } from '../services/events-again.js';
import { publishFact } from '../services/publish-fact.js';
import type { History, NewOutboxEntry } from '../adapters/ports/journal.js';

/** All that a record says: where it is, what its bytes are, and its headers in any order. */
export function shownEvent({
  topic,
  key,
  body,
  headers,
}: Pick<NewOutboxEntry, 'topic' | 'key' | 'body' | 'headers'>): string {
  return JSON.stringify([topic, key, body?.toString('hex'), Object.entries(headers).sort()]);
}

/** Every event of the journal, made again and shown, in the order in which it is made. */
export async function madeAgain(
  history: Pick<History, 'publishedFacts'>,
  source: string,
  pageFacts?: number,
): Promise<readonly string[]> {
  const shown: string[] = [];
  const options = { history, ...(pageFacts === undefined ? {} : { pageFacts }) };
  for await (const decisions of decisionsAgain(options))
    for (const { facts, process } of decisions)
      for (const { fact, epoch, causedBy } of facts)
        shown.push(...publishFact({ source, epoch, causedBy }, process, fact).map(shownEvent));
  return shown;
}
