import type { EventLog } from '../../adapters/ports/event-log.js';
import type { KeptEvent, WebhookDesk, WebhookState } from '../../adapters/ports/webhooks.js';
import { offeredTopics } from '../event-filter.js';
import { apiVersion, toInstant } from './forms/form.js';
import { instantIn } from './instant-in.js';
import { ConsoleRefusal } from './forms/problem.js';
import { replayReach } from './replay-reach.js';
import {
  mostWebhookEvents,
  type WebhookDescription,
  type WebhookEventItem,
  type WebhookItem,
  type WebhookList,
  type WebhookOrders,
  type WebhookReceipt,
  type WebhookVerb,
} from './forms/webhooks.js';

export interface WebhookSource {
  readonly desk: WebhookDesk;
  readonly eventLog: Pick<EventLog, 'bounds' | 'offsetsSince'>;
  /** Those that a subscriber asks for; undefined: it is not configured here. */
  readonly topicsOf: (name: string) => readonly string[] | undefined;
  /** ms */
  readonly now: () => number;
  readonly newId: () => string;
}

function asItem({ name, paused, replay, waiting, dead }: WebhookState): WebhookItem {
  return {
    ...{ name, waiting, dead },
    ...(paused === undefined ? {} : { paused: { ...paused, at: toInstant(paused.at) } }),
    ...(replay === undefined ? {} : { replaySince: toInstant(replay.since) }),
  };
}

function asEvent(event: KeptEvent): WebhookEventItem {
  const { id, state, eventId, node, topic, place, firstTriedAt, tries, dueAt, reason } = event;
  return {
    ...{ id, state, eventId, node, topic, tries, reason },
    ...(place === undefined ? {} : { partition: place.partition, offset: String(place.offset) }),
    firstTriedAt: toInstant(firstTriedAt),
    dueAt: toInstant(dueAt),
  };
}

export async function listWebhooks({ desk }: WebhookSource): Promise<WebhookList> {
  return { apiVersion, kind: 'WebhookList', items: (await desk.states()).map(asItem) };
}

async function stateOf({ desk }: WebhookSource, name: string): Promise<WebhookState> {
  const state = await desk.state(name);
  if (state !== undefined) return state;
  throw new ConsoleRefusal(
    'NotFound',
    `there is no subscriber ${name}`,
    '`faultline webhooks list` names them; one is known once a copy of `webhooks` runs with it in its configuration',
  );
}

/** @throws ConsoleRefusal NotFound */
export async function describeWebhook(source: WebhookSource, name: string): Promise<WebhookDescription> {
  const state = await stateOf(source, name);
  const events = await source.desk.undelivered(name, { limit: mostWebhookEvents });
  return { apiVersion, kind: 'Webhook', ...asItem(state), events: events.map(asEvent) };
}

function sinceOf(text: string, now: number): number {
  if (text === 'beginning') return 0;
  const next = 'write `beginning`, or a time that is past, like 2026-01-31T08:00:00Z';
  const since = instantIn('since', text, next);
  if (since <= now) return since;
  throw new ConsoleRefusal('BadRequest', `since: ${text} is ahead of ${toInstant(now)}, which is now`, next);
}

type Outcome = Pick<WebhookReceipt, 'ids' | 'replayId' | 'since' | 'fromJournal' | 'forgotten'>;
type Carry<Verb extends WebhookVerb> = (
  source: WebhookSource,
  name: string,
  order: WebhookOrders[Verb],
  subject: string,
) => Promise<Outcome>;

/** Those of the ids that a decision would be about. */
async function openIds(
  { desk }: WebhookSource,
  name: string,
  ids: readonly string[],
  states: readonly string[],
) {
  const events = await desk.undelivered(name, { limit: Number.MAX_SAFE_INTEGER });
  return events.filter(({ id, state }) => ids.includes(id) && states.includes(state)).map(({ id }) => id);
}

const carriers: { readonly [Verb in WebhookVerb]: Carry<Verb> } = {
  pause: async ({ desk, now }, name, { reason, dryRun }, subject) => {
    if (dryRun !== true) await desk.pause(name, { subject, reason, at: now() });
    return {};
  },
  resume: async ({ desk, now }, name, { dryRun }) => {
    if (dryRun !== true) await desk.resume(name, now());
    return {};
  },
  replay: async ({ desk, eventLog, topicsOf, now, newId }, name, { since: text, dryRun }) => {
    const span = { asked: sinceOf(text, now()), now: now() };
    const { since, fromJournal, forgotten } = await replayReach(
      eventLog,
      topicsOf(name) ?? offeredTopics,
      span,
    );
    const replay = { id: newId(), since };
    if (dryRun !== true) await desk.replay(name, replay);
    return {
      replayId: replay.id,
      ...(since === 0 ? {} : { since: toInstant(since) }),
      fromJournal: [...fromJournal],
      forgotten: forgotten.map(({ topic, before }) => ({ topic, before: toInstant(before) })),
    };
  },
  retry: async (source, name, { ids, dryRun }) => {
    if (dryRun === true) return { ids: await openIds(source, name, ids, ['dead']) };
    return { ids: [...(await source.desk.retry(name, ids, source.now()))] };
  },
  drop: async (source, name, { ids, reason, dryRun }, subject) => {
    if (dryRun === true) return { ids: await openIds(source, name, ids, ['dead', 'waiting']) };
    return { ids: [...(await source.desk.drop(name, ids, { subject, reason, at: source.now() }))] };
  },
};

/**
 * Orders something about a subscriber; who delivers heeds it within a second. The same order again changes nothing, but a
 * second replay begins anew.
 * @throws ConsoleRefusal NotFound, BadRequest
 */
export async function orderWebhook<Verb extends WebhookVerb>(
  source: WebhookSource,
  verb: Verb,
  {
    name,
    order,
    subject,
  }: { readonly name: string; readonly order: WebhookOrders[Verb]; readonly subject: string },
): Promise<WebhookReceipt> {
  await stateOf(source, name);
  const outcome = await carriers[verb](source, name, order, subject);
  const { dryRun = false } = order;
  return { apiVersion, kind: 'WebhookReceipt', name, verb, ...outcome, subject, dryRun };
}
