import type { Positions } from '../../ports/positions.js';
import type { Database } from './database.js';
import { readOffset } from './offsets.js';

/** The table journal.consumed_offset, beside those whose offsets are a fence. */
export class PostgresPositions implements Positions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async positionOf(
    group: string,
    place: Parameters<Positions['positionOf']>[1],
  ): Promise<bigint | undefined> {
    const known = await readOffset(this.#database, { group, ...place });
    return known?.logId === place.logId ? known.nextOffset : undefined;
  }

  async keep(
    group: string,
    { topic, partition, logId, nextOffset }: Parameters<Positions['keep']>[1],
  ): Promise<void> {
    await this.#database.query({
      text: `INSERT INTO journal.consumed_offset AS known
          (consumer_group, topic, log_partition, next_offset, log_id, log_epoch)
        SELECT $1, $2, $3, $4, $5, log_epoch FROM journal.installation
        ON CONFLICT (consumer_group, topic, log_partition) DO UPDATE SET log_id = excluded.log_id,
          next_offset = CASE WHEN known.log_id = excluded.log_id
            THEN greatest(known.next_offset, excluded.next_offset) ELSE excluded.next_offset END`,
      values: [group, topic, partition, nextOffset.toString(), logId],
    });
  }
}
