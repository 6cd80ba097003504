import type { EventLog } from '../../../adapters/ports/event-log.js';
import type { History } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { LabelSelectorInvalid } from '../../../domain/label-selector.js';
import { parseEventId } from '../../../domain/event-number.js';
import { ConsoleRefusal } from '../forms/problem.js';
import { instantIn } from '../instant-in.js';
import { FilterInvalid, filterNames, filterOfText, type EventFilter } from '../../event-filter.js';
import { clockSkewMs } from '../../append-time.js';
import type { NodeLabels } from '../../node-labels.js';
import type { JournalPlace } from '../../journal-events.js';
import { parseLogPlace } from '../../log-place.js';
import { appendedAtPlace } from './appended-at-place.js';
import { sinceOf, type StreamRequest } from './event-stream.js';
import { latestPublishingMs } from './forgotten-events.js';
import { parseResumePoint } from './resume-point.js';

/** What came with `GET /v1/events`. */
export interface RawRequest {
  readonly query: Readonly<Record<string, unknown>>;
  readonly lastEventId?: string;
}

export interface RequestContext {
  readonly history: Pick<History, 'facts'>;
  readonly eventLog: Pick<EventLog, 'bounds' | 'read'>;
  readonly labels: Pick<NodeLabels, 'selecting'>;
  /** ms */
  readonly now: number;
}

const known: readonly string[] = [...filterNames, 'labelSelector', 'from', 'until', 'snapshot'];
const like = 'write it like 2026-01-31T08:00:00Z';
const likeBeginning = `${like}, as \`beginning\`, \`now\`, or as a place in the log: TOPIC/PARTITION/OFFSET`;

function refuse(message: string, next = 'see /v1/openapi.json'): never {
  throw new ConsoleRefusal('BadRequest', message, next);
}

/** Each parameter once. A name that means nothing is refused: what was meant as a filter must not let all through. */
function textsOf(query: RawRequest['query']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      if (!known.includes(name)) refuse(`${name} is no parameter; there are ${known.join(', ')}`);
      if (typeof value !== 'string')
        refuse(`${name} is given several times: write the values with commas between them`);
      return [name, value];
    }),
  );
}

/** What was appended at this time or later (ms) was decided no earlier. */
function decidedBefore(since: number): number {
  return Math.max(0, since - latestPublishingMs);
}

/** From where on somebody wants events. */
type Beginning = Pick<StreamRequest, 'since' | 'decidedSince' | 'journal' | 'place'>;

/** Whether a moment (ms, by the log's clock) is still to come: of another machine's clock it may seem so. */
function liesAhead(at: number, now: number): boolean {
  return at > now + clockSkewMs;
}

async function beginningOf(text: string | undefined, { eventLog, now }: RequestContext): Promise<Beginning> {
  if (text === undefined || text === 'now') return {};
  if (text === 'beginning') return { since: 0 };
  const place = parseLogPlace(text);
  if (place !== undefined) {
    const since = (await appendedAtPlace(eventLog, place)) ?? sinceOf(now);
    return { since, decidedSince: decidedBefore(since), place };
  }
  const since = instantIn('from', text, likeBeginning);
  if (liesAhead(since, now)) refuse(`from: "${text}" lies ahead`, 'leave it out to hear what is to come');
  return { since };
}

function untilOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const until = text === 'now' ? now : instantIn('until', text, like);
  if (until > now) refuse(`until: "${text}" lies ahead`, 'leave it out to hear what is to come');
  return until;
}

/** @param other `from` or `until`, if given */
function wantsSnapshot(text: string | undefined, other: string | undefined): boolean {
  if (text !== undefined && text !== 'true' && text !== 'false')
    refuse(`snapshot: "${text}" is neither true nor false`);
  if (text === 'true' && other !== undefined)
    refuse('snapshot: what follows it begins at the present', 'leave `from` and `until` out');
  return text === 'true';
}

function filterIn(texts: Readonly<Record<string, string>>): EventFilter {
  try {
    return filterOfText(texts);
  } catch (error) {
    if (!(error instanceof FilterInvalid)) throw error;
    return refuse(error.message, 'see /v1/openapi.json; several values are written with commas between them');
  }
}

async function selectionIn(
  text: string | undefined,
  labels: RequestContext['labels'],
): Promise<Pick<EventFilter, 'selects'>> {
  if (text === undefined) return {};
  try {
    return { selects: await labels.selecting(text) };
  } catch (error) {
    if (!(error instanceof LabelSelectorInvalid)) throw error;
    return refuse(`labelSelector: ${error.message}`, 'write it like pool=gpu,zone in (a,b)');
  }
}

/** The fact that an event id names; undefined: it is none. */
function placeOf(eventId: string): JournalPlace | undefined {
  const node = eventId.slice(0, eventId.lastIndexOf('@')) as NodeKey;
  const number = parseEventId(node, eventId);
  return number === undefined ? undefined : { node, version: number.version };
}

/** When the event happened that somebody else's way of subscribing ended with. */
async function decidedAt(eventId: string, history: RequestContext['history']): Promise<number> {
  const place = placeOf(eventId);
  const [fact] =
    place === undefined ? [] : await history.facts(place.node, { fromVersion: place.version, limit: 1 });
  if (fact === undefined || fact.version !== place?.version) {
    return refuse(
      `Last-Event-ID: "${eventId}" is no event of the journal`,
      'give the id as the stream gave it, or with `from` a time or a place in the log (TOPIC/PARTITION/OFFSET): events of fault.report-fates follow from no fact',
    );
  }
  return fact.at;
}

async function goOnFrom(text: string, { history, now }: RequestContext): Promise<Beginning> {
  const point = parseResumePoint(text);
  if (point === undefined || (point.journalUntil ?? 0) > now || liesAhead(point.safeSince ?? 0, now))
    return refuse(`Last-Event-ID: "${text}" is none`, 'give it as the stream gave it');
  const { eventId = '', safeSince, journalUntil: until } = point;
  if (safeSince === undefined && parseLogPlace(eventId) !== undefined) {
    return refuse(
      `Last-Event-ID: "${text}" is a place in the log, which does not say how far all the others were read`,
      `leave it out and ask for from=${text}: what stands there comes as well`,
    );
  }
  const from = until === undefined ? undefined : placeOf(eventId);
  if (safeSince !== undefined && until !== undefined && from !== undefined)
    return { since: safeSince, decidedSince: safeSince, journal: { from, until } };
  const since = sinceOf(safeSince ?? (await decidedAt(eventId, history)));
  return { since, decidedSince: decidedBefore(since) };
}

/** @throws ConsoleRefusal BadRequest, which says where */
export async function streamRequestOf(
  { query, lastEventId }: RawRequest,
  context: RequestContext,
): Promise<StreamRequest> {
  const { from, until: end, snapshot, labelSelector, ...filter } = textsOf(query);
  const withSnapshot = wantsSnapshot(snapshot, from ?? end) && lastEventId === undefined;
  const until = untilOf(end, context.now);
  // Whoever comes again asks for the same URL.
  const beginning = withSnapshot
    ? { since: sinceOf(context.now) }
    : lastEventId === undefined
      ? await beginningOf(from, context)
      : await goOnFrom(lastEventId, context);
  if (beginning.since === undefined && until !== undefined)
    refuse('until: without `from` there is nothing before it');
  return {
    filter: { ...filterIn(filter), ...(await selectionIn(labelSelector, context.labels)) },
    ...(withSnapshot ? { snapshot: true } : {}),
    ...beginning,
    ...(until === undefined ? {} : { until }),
  };
}
