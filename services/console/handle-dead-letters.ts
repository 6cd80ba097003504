import type { DeadLetterHandling, DeadLetterPlace } from '../../adapters/ports/dead-letters.js';
import type { LogRecord } from '../../adapters/ports/event-log.js';
import type { NewOutboxEntry } from '../../adapters/ports/journal.js';
import { apiVersion } from './forms/form.js';
import type { DeadLetterOrder, DeadLetterReceipt } from './forms/dead-letters.js';
import { ConsoleRefusal } from './forms/problem.js';
import {
  idOf,
  lettersIn,
  noLetter,
  placeOf,
  type DeadLetterSource,
  type FoundLetter,
} from './read-dead-letters.js';

/** Those asked for, by partition and offset: the order in which they came. */
function inOrder(ids: readonly string[], logId: string): readonly DeadLetterPlace[] {
  const places = new Map(ids.map((id) => [id, placeOf(id, logId)]));
  return [...places.values()].sort(
    (one, other) =>
      (one.topic < other.topic ? -1 : one.topic > other.topic ? 1 : 0) ||
      one.partition - other.partition ||
      (one.offset < other.offset ? -1 : 1),
  );
}

function byPartition(places: readonly DeadLetterPlace[]): readonly (readonly DeadLetterPlace[])[] {
  const groups = new Map<string, DeadLetterPlace[]>();
  for (const place of places) {
    const key = `${place.topic}/${place.partition}`;
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return [...groups.values()];
}

/**
 * The letters asked for, of one partition. What lies before them is read too: a letter of the same node that is older
 * and neither handled nor asked for would be overtaken.
 */
async function lettersFor(
  source: DeadLetterSource,
  places: readonly DeadLetterPlace[],
  handling: DeadLetterHandling,
): Promise<readonly FoundLetter[]> {
  const [first] = places;
  const last = places.at(-1);
  if (first === undefined || last === undefined) return [];
  const wanted = new Set(places.map(idOf));
  const left = new Map<string, string>();
  const found: FoundLetter[] = [];
  const bounds = (await source.eventLog.bounds(first.topic)).find(
    ({ partition }) => partition === first.partition,
  );
  if (bounds === undefined) throw noLetter(idOf(first));
  for await (const letter of lettersIn(source, first, { low: bounds.low, to: last.offset + 1n })) {
    const { place, record, handled } = letter;
    if (wanted.delete(idOf(place))) {
      const before = left.get(record.key ?? '');
      if (handling === 'retried' && handled === undefined && before !== undefined)
        throw overtakes(letter, before);
      found.push(letter);
    } else if (handled === undefined) left.set(record.key ?? '', idOf(place));
  }
  for (const missing of wanted) throw noLetter(missing);
  return found;
}

function overtakes({ place, record }: FoundLetter, before: string): ConsoleRefusal {
  return new ConsoleRefusal(
    'OrderNotTaken',
    `${idOf(place)} would overtake ${before} of ${record.key ?? 'the same key'}`,
    `retry ${before} with it, or drop that one first`,
  );
}

/** The record as it was, on its own topic: its key keeps it behind what the same node sent before. */
export function originalEntry({ key, value, headers, topic, partition }: LogRecord): NewOutboxEntry {
  const origin = headers['dlt_topic'];
  if (origin === undefined || headers['dlt_offset'] === undefined) {
    throw new ConsoleRefusal(
      'OrderNotTaken',
      `a record of ${topic}/${partition} was kept without its bytes: there is nothing to send again`,
      'drop it when its reason is dealt with',
    );
  }
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dlt_'));
  return {
    topic: origin,
    key: key ?? `${origin}/${partition}`,
    body: value,
    headers: Object.fromEntries(own),
  };
}

/**
 * Marks letters as retried or dropped; retried ones go back to their topics by the outbox in the same transaction, so
 * that none is lost between and none sent twice. Of one node they keep their order.
 * @throws ConsoleRefusal BadRequest, NotFound, OrderNotTaken
 */
export async function handleDeadLetters(
  source: DeadLetterSource,
  handling: DeadLetterHandling,
  { ids, reason, dryRun = false }: DeadLetterOrder,
  subject: string,
): Promise<DeadLetterReceipt> {
  const logId = await source.eventLog.identify();
  const found: FoundLetter[] = [];
  for (const places of byPartition(inOrder(ids, logId))) {
    found.push(...(await lettersFor(source, places, handling)));
  }
  const open = found.filter(({ handled }) => handled === undefined);
  const letters = open.map(({ place, record }) =>
    handling === 'retried' ? { place, entry: originalEntry(record) } : { place },
  );
  const decision = { handled: handling, at: source.now(), subject, reason };
  const marked = dryRun ? open.map(({ place }) => place) : await source.book.handle(letters, decision);
  const now = marked.map(idOf);
  return {
    apiVersion,
    kind: 'DeadLetterReceipt',
    handled: handling,
    ids: now,
    already: found.map(({ place }) => idOf(place)).filter((id) => !now.includes(id)),
    subject,
    reason,
    dryRun,
  };
}
