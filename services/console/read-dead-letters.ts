import type {
  DeadLetterBook,
  DeadLetterPlace,
  HandledDeadLetter,
} from '../../adapters/ports/dead-letters.js';
import type { EventLog, LogRecord, PartitionBounds } from '../../adapters/ports/event-log.js';
import { deadLetterTopic, inputTopics } from '../../schemas/catalog.js';
import { parseLogPlace } from '../log-place.js';
import { apiVersion, toInstant } from './forms/form.js';
import type { DeadLetterDescription, DeadLetterItem, DeadLetterList } from './forms/dead-letters.js';
import { ConsoleRefusal } from './forms/problem.js';

export interface DeadLetterSource {
  readonly eventLog: Pick<EventLog, 'identify' | 'bounds' | 'read'>;
  readonly book: DeadLetterBook;
  /** ms */
  readonly now: () => number;
}

/** A record of a dead letter topic, and what was done about it. */
export interface FoundLetter {
  readonly place: DeadLetterPlace;
  readonly record: LogRecord;
  readonly handled?: HandledDeadLetter;
}

const topics = inputTopics.map(deadLetterTopic);

export function idOf({ topic, partition, offset }: Omit<DeadLetterPlace, 'logId'>): string {
  return `${topic}/${partition}/${offset}`;
}

/** @throws ConsoleRefusal BadRequest */
export function placeOf(id: string, logId: string): DeadLetterPlace {
  const place = parseLogPlace(id);
  if (place === undefined || !topics.includes(place.topic)) {
    throw new ConsoleRefusal(
      'BadRequest',
      `${id} is no dead letter`,
      'write it like fault.reports.dlt/3/17, as `faultline dlt list` does',
    );
  }
  return { logId, ...place };
}

/** Letters of one partition from `low` up to `to`, in order. */
export async function* lettersIn(
  { eventLog, book }: DeadLetterSource,
  { logId, topic, partition }: Omit<DeadLetterPlace, 'offset'>,
  { low, to }: { readonly low: bigint; readonly to: bigint },
): AsyncIterable<FoundLetter> {
  const known = new Map((await book.handled(logId, topic)).map((letter) => [idOf(letter), letter]));
  for await (const record of eventLog.read(topic, partition, low, to)) {
    const place = { logId, topic, partition, offset: record.offset };
    const handled = known.get(idOf(place));
    yield { place, record, ...(handled === undefined ? {} : { handled }) };
  }
}

/**
 * Dead letters that nobody has handled, or all that their topics still have. Reads every dead letter topic through: they
 * are short, or something is very wrong.
 */
export async function listDeadLetters(
  source: DeadLetterSource,
  { all, limit }: { readonly all: boolean; readonly limit: number },
): Promise<DeadLetterList> {
  const logId = await source.eventLog.identify();
  const items: DeadLetterItem[] = [];
  for (const topic of topics) {
    const bounds = await source.eventLog.bounds(topic);
    for (const { partition, low, high } of bounds.filter(isFilled)) {
      for await (const letter of lettersIn(source, { logId, topic, partition }, { low, to: high })) {
        if (all || letter.handled === undefined) items.push(itemOf(letter));
        if (items.length === limit) return { apiVersion, kind: 'DeadLetterList', items };
      }
    }
  }
  return { apiVersion, kind: 'DeadLetterList', items };
}

function isFilled({ low, high }: PartitionBounds): boolean {
  return high > low;
}

/** @throws ConsoleRefusal BadRequest, NotFound */
export async function describeDeadLetter(
  source: DeadLetterSource,
  id: string,
): Promise<DeadLetterDescription> {
  const place = placeOf(id, await source.eventLog.identify());
  const letter = await letterAt(source, place);
  if (letter === undefined) throw noLetter(id);
  const { value, headers } = letter.record;
  const text = value === undefined ? undefined : printable(value);
  return {
    apiVersion,
    kind: 'DeadLetter',
    ...itemOf(letter),
    headers: { ...headers },
    ...(value === undefined ? {} : { valueBase64: value.toString('base64') }),
    ...(text === undefined ? {} : { valueText: text }),
  };
}

export function noLetter(id: string): ConsoleRefusal {
  return new ConsoleRefusal('NotFound', `there is no dead letter ${id}`, 'look at `faultline dlt list`');
}

async function letterAt(source: DeadLetterSource, place: DeadLetterPlace): Promise<FoundLetter | undefined> {
  const bounds = await source.eventLog.bounds(place.topic);
  const held = bounds.find(({ partition }) => partition === place.partition);
  if (held === undefined || place.offset < held.low || place.offset >= held.high) return undefined;
  const only = { low: place.offset, to: place.offset + 1n };
  for await (const letter of lettersIn(source, place, only)) return letter;
  return undefined;
}

export function itemOf({ place, record, handled }: FoundLetter): DeadLetterItem {
  const { headers, key, value, appendedAt } = record;
  const { dlt_partition: partition, dlt_offset: offset, dlt_at: at } = headers;
  const known = Date.parse(at ?? '');
  return {
    id: idOf(place),
    ...(key === undefined ? {} : { key }),
    reason: headers['dlt_reason'] ?? 'not said',
    at: toInstant(Number.isNaN(known) ? appendedAt : known),
    origin: {
      topic: headers['dlt_topic'] ?? place.topic.replace(/\.dlt$/, ''),
      ...(partition === undefined ? {} : { partition: Number(partition) }),
      ...(offset === undefined ? {} : { offset }),
    },
    bytes: value?.length ?? 0,
    ...(handled === undefined
      ? {}
      : {
          handled: {
            how: handled.handled,
            at: toInstant(handled.at),
            subject: handled.subject,
            reason: handled.reason,
          },
        }),
  };
}

const unprintable = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u;

function printable(value: Buffer): string | undefined {
  const text = value.toString('utf8');
  const isText =
    Buffer.from(text, 'utf8').equals(value) && !unprintable.test(text.replaceAll(/[\n\r\t]/g, ''));
  return isText ? text : undefined;
}
