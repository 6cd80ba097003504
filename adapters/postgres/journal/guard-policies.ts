import { storableText } from '../../../schemas/storable-text.js';
import { pageByPosition } from '../../journal/pages.js';
import type { GuardPolicies, GuardPolicyVersion } from '../../ports/guard-policies.js';
import type { Page } from '../../ports/journal.js';
import type { Database } from './database.js';
import { asJournalError } from './failures.js';

interface StoredPolicy extends GuardPolicyVersion, Record<string, unknown> {
  readonly position: number;
}

/** The table of 0020_guard_policies.sql. */
export class PostgresGuardPolicies implements GuardPolicies {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async record({ version, policy, at, by }: GuardPolicyVersion): Promise<boolean> {
    try {
      return await this.#database.transaction(async (transaction) => {
        // Who asks what the latest is has to see what another copy is just writing. Readers are not held up.
        await transaction.query({ text: 'LOCK TABLE journal.guard_policy IN SHARE ROW EXCLUSIVE MODE' });
        const rows = await transaction.query({
          text: `INSERT INTO journal.guard_policy (version, policy, at, copy) SELECT $1, $2, $3, $4
            WHERE $1 IS DISTINCT FROM (
              SELECT latest.version FROM journal.guard_policy AS latest ORDER BY position DESC LIMIT 1
            ) RETURNING position`,
          values: [version, storableText(policy), at, storableText(by)],
        });
        return { result: rows.length > 0, last: [] };
      });
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async list({ after, limit }: Parameters<GuardPolicies['list']>[0]): Promise<Page<GuardPolicyVersion>> {
    const rows = await this.#database.query<StoredPolicy>({
      text: `SELECT position, version, policy, at, copy AS by FROM journal.guard_policy
        WHERE $1::bigint IS NULL OR position < $1 ORDER BY position DESC LIMIT $2`,
      values: [after ?? null, limit],
    });
    return pageByPosition(rows, limit, ({ version, policy, at, by }) => ({ version, policy, at, by }));
  }
}
