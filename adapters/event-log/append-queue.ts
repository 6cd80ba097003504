import { LogUnavailable, type NewRecord } from '../ports/event-log.js';
import { RecordsRefused, type Refusal } from './errors.js';

export interface AppendLimits {
  /** A record with more bytes (key, value and headers) is refused without being sent. */
  readonly maxRecordBytes: number;
  /** One request takes at most this many records… */
  readonly maxRequestRecords: number;
  /** …and bytes, unless a single record has more. */
  readonly maxRequestBytes: number;
}

/** Sends one request; resolves with what the log will never take, rejects when nothing is certain. */
export type SendRequest = (records: readonly NewRecord[]) => Promise<readonly Refusal[]>;

interface Call {
  remaining: number;
  readonly refusals: Refusal[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  failed: boolean;
}

interface Waiting {
  readonly record: NewRecord;
  readonly bytes: number;
  readonly call: Call;
}

/**
 * Lets concurrent callers share requests: one request is under way at a time (so order is kept), and the next one
 * takes all that was queued meanwhile. The busier it gets, the larger the requests; alone, a record goes at once.
 */
export class AppendQueue {
  private readonly limits: AppendLimits;
  private readonly send: SendRequest;
  private waiting: Waiting[] = [];
  private pumping: Promise<void> | undefined;
  private closed = false;

  constructor(limits: AppendLimits, send: SendRequest) {
    this.limits = limits;
    this.send = send;
  }

  /** Whether anything is queued or being sent. */
  get isSending(): boolean {
    return this.pumping !== undefined;
  }

  /** See `EventLog.append`. A refusal rejects with RecordsRefused after all neighbours were appended. */
  append(records: readonly NewRecord[]): Promise<void> {
    if (this.closed) return Promise.reject(new LogUnavailable('the event log was closed by this process'));
    if (records.length === 0) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const call: Call = { remaining: records.length, refusals: [], resolve, reject, failed: false };
      for (const record of records) {
        const bytes = recordBytes(record);
        const reason = this.refusalOf(record, bytes);
        if (reason === undefined) this.waiting.push({ record, bytes, call });
        else settle(call, { record, reason });
      }
      this.pumping ??= this.pump();
    });
  }

  /** Refuses new records and waits for those that are queued. */
  async close(): Promise<void> {
    this.closed = true;
    await this.pumping;
  }

  private refusalOf(record: NewRecord, bytes: number): string | undefined {
    if (record.key === '') return 'the key is empty: without it a record may change its partition';
    if (bytes <= this.limits.maxRecordBytes) return undefined;
    return `${bytes} bytes are more than the ${this.limits.maxRecordBytes} that a record may have`;
  }

  private async pump(): Promise<void> {
    // Callers of this same turn join the first request.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const request = this.takeRequest();
      try {
        const refusals = await this.send(request.map(({ record }) => record));
        const refused = new Map(refusals.map((refusal) => [refusal.record, refusal]));
        for (const { record, call } of request) settle(call, refused.get(record));
      } catch (error) {
        this.failCalls(request, error instanceof Error ? error : new LogUnavailable(String(error)));
      }
    }
    this.pumping = undefined;
  }

  private takeRequest(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const next of this.waiting) {
      bytes += next.bytes;
      if (count > 0 && (count >= this.limits.maxRequestRecords || bytes > this.limits.maxRequestBytes)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** The rest of a failed call is not sent: its caller sends all of it again, and later records must not overtake. */
  private failCalls(request: readonly Waiting[], error: Error): void {
    for (const { call } of request) {
      if (call.failed) continue;
      call.failed = true;
      call.reject(error);
    }
    this.waiting = this.waiting.filter(({ call }) => !call.failed);
  }
}

/** Bytes of key, value and headers as UTF-8. */
export function recordBytes(record: NewRecord): number {
  let bytes = Buffer.byteLength(record.key) + (record.value?.length ?? 0);
  for (const name of Object.keys(record.headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(record.headers[name] ?? '');
  }
  return bytes;
}

function settle(call: Call, refusal: Refusal | undefined): void {
  if (refusal !== undefined) call.refusals.push(refusal);
  call.remaining -= 1;
  if (call.remaining > 0) return;
  if (call.refusals.length > 0) call.reject(new RecordsRefused(call.refusals));
  else call.resolve();
}
