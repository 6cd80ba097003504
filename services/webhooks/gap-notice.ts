import type { Place } from '../../adapters/ports/event-log.js';
import type { UndeliveredEvent } from '../../adapters/ports/webhooks.js';
import { jsonContent, structuredEvent } from '../structured-event.js';

/** Records that the log deleted before a subscriber got them: [from, to). */
export interface Gap extends Place {
  readonly logId: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** `ce_type` of what tells a subscriber that something is missing; it is in no topic. */
export const gapType = 'dev.faultline.EventsForgotten';

/**
 * Tells a subscriber of a gap in what it gets, as an event like all others: signed, tried until it takes it, known by its id.
 * @param source `ce_source` of who delivers
 * @param at ms: when it was noticed
 */
export function gapNotice(
  { topic, partition, logId, from, to }: Gap,
  { source, at }: { readonly source: string; readonly at: number },
): UndeliveredEvent {
  const eventId = `gap/${logId}/${topic}/${partition}/${from}-${to}`;
  const headers = { ce_source: source, ce_type: gapType, ce_time: new Date(at).toISOString() };
  const data = { topic, partition, from: String(from), to: String(to) };
  return {
    ...{ topic, eventId, node: `${topic}/${partition}` },
    json: JSON.stringify(structuredEvent(headers, eventId, { topic, partition }, jsonContent(data))),
    ...{ state: 'waiting', appendedAt: at, firstTriedAt: at, tries: 0, dueAt: at },
    reason: 'not tried yet',
  };
}
