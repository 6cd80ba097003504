import type { Fact } from '../../../domain/fact.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { KeptFacts } from '../../archive/whole-facts.js';
import type { History, PublishedFacts, PublishedFactsQuery } from '../../ports/journal.js';
import type { Database } from './database.js';
import { withoutNulls, type Nullable } from './nullable.js';
import { readPublishedFacts } from './published-facts.js';

/** The columns of a fact under their names in the domain. */
export const factColumns = `node_key AS node, version, type, at, cause_id AS "causeId", process_id AS "processId", data, patch,
  evolve_version AS "evolveVersion"`;

export class PostgresKeptFacts implements KeptFacts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async facts(
    node: NodeKey,
    { fromVersion, until, limit }: Parameters<History['facts']>[1],
  ): Promise<readonly Fact[]> {
    const rows = await this.#database.query<Nullable<Fact>>({
      text: `SELECT ${factColumns} FROM journal.fact
        WHERE node_key = $1 AND version >= $2 AND ($3::bigint IS NULL OR at <= $3)
        ORDER BY version LIMIT $4`,
      values: [node, fromVersion, until ?? null, limit],
    });
    return rows.map((row) => withoutNulls<Fact>(row));
  }

  publishedFacts(query: PublishedFactsQuery): Promise<PublishedFacts> {
    return readPublishedFacts(this.#database, query);
  }
}
