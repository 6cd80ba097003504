/**
 * From where a subscriber goes on. As the id of a server-sent event: the `ce_id` of that event, a semicolon, and the
 * time (ms, the log's clock) before which nothing appended is still to come. The first part may be empty, the second absent.
 */
export interface ResumePoint {
  readonly eventId?: string;
  readonly safeSince?: number;
}

export function resumeText(eventId: string, safeSince: number): string {
  return `${eventId};${safeSince}`;
}

/** Undefined: it is none. */
export function parseResumePoint(text: string): ResumePoint | undefined {
  const [, eventId = '', , time] = /^([^;\s]{0,600})(;(\d{1,15}))?$/.exec(text) ?? [];
  if (eventId === '' && time === undefined) return undefined;
  return {
    ...(eventId === '' ? {} : { eventId }),
    ...(time === undefined ? {} : { safeSince: Number(time) }),
  };
}
