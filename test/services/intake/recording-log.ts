import { LogUnavailable, RecordRefused, type NewRecord } from '../../../adapters/ports/event-log.js';

/** An event log that only keeps what was appended, and fails when told to. */
export class RecordingLog {
  readonly appends: (readonly NewRecord[])[] = [];
  unavailable = false;
  /** Records larger than this are refused, with all others of the same append. */
  largest = Infinity;
  /** While set, appends wait for it. */
  gate: Promise<void> | undefined;

  async append(records: readonly NewRecord[]): Promise<void> {
    await this.gate;
    if (this.unavailable) throw new LogUnavailable('no broker answers');
    if (records.some((record) => (record.value?.length ?? 0) > this.largest))
      throw new RecordRefused('too large');
    this.appends.push(records);
  }

  get records(): readonly NewRecord[] {
    return this.appends.flat();
  }
}
