import { LogUnavailable, RecordRefused, type NewRecord } from '../ports/event-log.js';

/**
 * The log does not have this topic. A kind of unavailability: whoever holds records keeps them until the topic was
 * made (`ensureTopics`), nothing is given up.
 */
export class UnknownTopic extends LogUnavailable {
  readonly topic: string;

  constructor(topic: string, options?: ErrorOptions) {
    super(
      `the event log has no topic ${topic}: create it (faultline does at its start when its user may create topics)`,
      options,
    );
    this.topic = topic;
  }
}

/** A topic is there, but not as the catalog says; it is never changed by us. */
export class TopicMismatch extends Error {
  override readonly name = 'TopicMismatch';
}

export interface Refusal {
  readonly record: NewRecord;
  readonly reason: string;
}

/** Says which records of one append were refused; all its other records were appended. */
export class RecordsRefused extends RecordRefused {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    const first = refusals
      .slice(0, 3)
      .map(({ record, reason }) => `${record.topic} key ${JSON.stringify(record.key)}: ${reason}`);
    const more = refusals.length > first.length ? `; and ${refusals.length - first.length} more` : '';
    super(
      `the event log refuses for ever: ${first.join('; ')}${more}. The other records of this call were appended`,
    );
    this.refusals = refusals;
  }
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node gives an AggregateError with an empty message when every address refused.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error.message;
}
