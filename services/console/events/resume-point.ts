/**
 * From where a subscriber goes on. As the id of a server-sent event: the `ce_id` of that event, a semicolon, and the
 * time (ms, the log's clock) before which nothing appended is still to come. The first part may be empty, the second absent.
 * What is made again from the journal comes node after node: its ids have a third part.
 */
export interface ResumePoint {
  readonly eventId?: string;
  readonly safeSince?: number;
  /**
   * ms. The journal is being read, node after node, for what was decided from `safeSince` on and before this moment; all before
   * the event has come.
   */
  readonly journalUntil?: number;
}

export function resumeText(eventId: string, safeSince: number, journalUntil?: number): string {
  return `${eventId};${safeSince}${journalUntil === undefined ? '' : `;${journalUntil}`}`;
}

/** Undefined: it is none. */
export function parseResumePoint(text: string): ResumePoint | undefined {
  const parts = /^([^;\s]{0,600})(?:;(\d{1,15})(?:;(\d{1,15}))?)?$/.exec(text) ?? [];
  const [, eventId = '', time, until] = parts;
  if (eventId === '' && time === undefined) return undefined;
  return {
    ...(eventId === '' ? {} : { eventId }),
    ...(time === undefined ? {} : { safeSince: Number(time) }),
    ...(until === undefined ? {} : { journalUntil: Number(until) }),
  };
}
