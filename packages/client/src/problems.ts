/**
 * `no-value`: a tombstone. `no-cloud-event`: headers that are none. `unknown-event`: of a type that this release of the
 * client does not know. `not-framed`: bytes that are not in Confluent's wire format. `unknown-schema`: no schema has that
 * id. `malformed`: not what its schema says, for instance half a record.
 */
export type UnreadableReason =
  'no-value' | 'no-cloud-event' | 'unknown-event' | 'not-framed' | 'unknown-schema' | 'malformed';

/** A record as it came. */
export interface RawRecord {
  readonly topic: string;
  /** Undefined, as its offset, where the log has forgotten it. */
  readonly partition: number | undefined;
  readonly offset: string | undefined;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | undefined;
}

function placeOf({ topic, partition, offset }: RawRecord): string {
  return partition === undefined ? topic : `${topic}/${partition} at ${offset ?? 'no offset'}`;
}

/** A record that no waiting makes readable. Nothing of it is lost: its bytes are here. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
  readonly reason: UnreadableReason;
  readonly record: RawRecord;

  constructor(reason: UnreadableReason, record: RawRecord, why: string, options?: ErrorOptions) {
    super(`${placeOf(record)}: ${why}`, options);
    this.reason = reason;
    this.record = record;
  }
}

/** Nobody answers who knows the schemas; the record is read again later. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}

/** The subscription has ended and does not go on by itself; the message says what to do. */
export class SubscriptionFailed extends Error {
  override readonly name = 'SubscriptionFailed';
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
