import type pg from 'pg';
import {
  PartitionReader,
  type FetchedRecords,
  type PartitionReaderOptions,
} from '../../event-log/partition-reader.js';
import { fetchBounds, fetchWithBounds } from './fetching.js';
import type { OwnedPartition } from './membership.js';

/** One partition that a member owns and reads. */
export class PartitionReading {
  readonly owned: OwnedPartition;
  readonly reader: PartitionReader;
  private readonly pool: pg.Pool;
  /** As far as this member was told that the partition reaches. */
  private high = 0n;
  /** What it was told may be too little: look, whatever `high` says. */
  private mustLook = true;

  constructor(
    pool: pg.Pool,
    owned: OwnedPartition,
    options: Omit<PartitionReaderOptions, 'source'> & { readonly logId: string },
  ) {
    this.pool = pool;
    this.owned = owned;
    const { logId, ...reader } = options;
    const { topic, partition } = owned;
    this.reader = new PartitionReader({
      ...reader,
      source: {
        assigned: async () => {
          this.mustLook = true;
          return { topic, partition, logId, ...(await fetchBounds(pool, owned, partition)) };
        },
        fetch: (from, limit) => this.fetch(from, limit),
      },
    });
  }

  /** The partition reaches to `high`. What was appended here is heard of twice: at once, and by the notification. */
  grown(high: bigint): void {
    if (high <= this.high) return;
    this.high = high;
    this.reader.wake();
  }

  /** Notifications are sent once and may be lost with a connection: there may be more than was told. */
  look(): void {
    this.mustLook = true;
    this.reader.wake();
  }

  /** Asks the database only where there is something new, or may be: an empty look after every batch doubled the queries. */
  private async fetch(from: bigint, limit: number): Promise<FetchedRecords> {
    const { pool, owned, high } = this;
    if (!this.mustLook && high <= from) return { records: [], low: from, high };
    const fetched = await fetchWithBounds(pool, owned, owned.partition, from, limit, high);
    if (fetched.records.length === 0) this.mustLook = false;
    return fetched;
  }
}
