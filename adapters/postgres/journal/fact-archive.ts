import type { Fact } from '../../../domain/fact.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { factsOf, recordedFile } from '../../journal/recorded-file.js';
import { ArchiveConflict, type FactArchive, type Removal, type StoredFact } from '../../ports/archive.js';
import { PostgresArchiveIndex } from './archive-index.js';
import type { Statement, Transaction } from './database.js';
import { asJournalError } from './failures.js';
import { factColumns } from './kept-facts.js';
import { withoutNulls, type Nullable } from './nullable.js';

export class PostgresFactArchive extends PostgresArchiveIndex implements FactArchive {
  async nodesWithFactsBefore({
    before,
    after,
    limit,
  }: Parameters<FactArchive['nodesWithFactsBefore']>[0]): Promise<readonly NodeKey[]> {
    const rows = await this.database.query<{ node: NodeKey }>({
      text: `SELECT state.node_key AS node
        FROM journal.node_state AS state LEFT JOIN journal.node_snapshot AS snapshot USING (node_key)
        WHERE state.node_key > $2 AND (
          SELECT at FROM journal.fact AS first
          WHERE first.node_key = state.node_key AND first.version = coalesce(snapshot.version, 0) + 1
        ) < $1
        ORDER BY state.node_key LIMIT $3`,
      values: [before, after ?? '', limit],
    });
    return rows.map(({ node }) => node);
  }

  async kept(
    node: NodeKey,
    { fromVersion, limit }: Parameters<FactArchive['kept']>[1],
  ): Promise<readonly StoredFact[]> {
    const rows = await this.database.query<Nullable<Fact> & { epoch: number; caused_by: string | null }>({
      text: `SELECT ${factColumns}, epoch, caused_by FROM journal.fact
        WHERE node_key = $1 AND version >= $2 ORDER BY version LIMIT $3`,
      values: [node, fromVersion, limit],
    });
    return rows.map(({ epoch, caused_by, ...row }) => {
      const fact = withoutNulls<Fact>(row);
      return { fact, epoch, causedBy: caused_by ?? fact.causeId };
    });
  }

  async remove(removal: Removal): Promise<void> {
    try {
      await this.database.transaction(async (transaction) => {
        await deleteFacts(transaction, removal);
        return { result: undefined, last: [recordFile(removal), keepSnapshots(removal)] };
      });
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async finish(at: number): Promise<void> {
    await this.database.query({
      text: `INSERT INTO journal.archive_run (finished_at) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET finished_at = excluded.finished_at`,
      values: [at],
    });
  }
}

async function deleteFacts(transaction: Transaction, { file, stretches }: Removal): Promise<void> {
  const [deleted] = await transaction.query<{ facts: number }>({
    text: `WITH gone AS (
        DELETE FROM journal.fact AS fact
        USING unnest($1::text[], $2::integer[], $3::integer[]) AS stretch (node_key, first_version, last_version)
        WHERE fact.node_key = stretch.node_key
          AND fact.version BETWEEN stretch.first_version AND stretch.last_version
        RETURNING fact.version
      ) SELECT count(*) AS facts FROM gone`,
    values: [
      stretches.map(({ node }) => node),
      stretches.map(({ firstVersion }) => firstVersion),
      stretches.map(({ lastVersion }) => lastVersion),
    ],
  });
  const written = factsOf(stretches);
  if (deleted?.facts === written) return;
  throw new ArchiveConflict(
    `${file.name} holds ${written} facts, of which the journal holds ${deleted?.facts ?? 0}: nothing was archived; it is tried again with what is there`,
  );
}

function recordFile(removal: Removal): Statement {
  const { stretches } = removal;
  const { name, headerLength, length, sha256, facts, firstNode, lastNode, archivedAt } =
    recordedFile(removal);
  return {
    text: `WITH file AS (
        INSERT INTO journal.archive_file
          (name, header_length, byte_length, sha256, facts, first_node, last_node, archived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING file_id
      )
      INSERT INTO journal.archived_stretch
        (node_key, first_version, last_version, file_id, byte_offset, byte_length, sha256)
      SELECT node_key, first_version, last_version, file_id, byte_offset, byte_length, sha256 FROM file,
        unnest($9::text[], $10::integer[], $11::integer[], $12::bigint[], $13::integer[], $14::text[])
          AS stretch (node_key, first_version, last_version, byte_offset, byte_length, sha256)`,
    values: [
      ...[name, headerLength, length, sha256, facts, firstNode, lastNode, archivedAt],
      stretches.map(({ node }) => node),
      stretches.map(({ firstVersion }) => firstVersion),
      stretches.map(({ lastVersion }) => lastVersion),
      stretches.map(({ offset }) => offset),
      stretches.map((stretch) => stretch.length),
      stretches.map((stretch) => stretch.sha256),
    ],
  };
}

function keepSnapshots({ snapshots }: Removal): Statement {
  return {
    text: `INSERT INTO journal.node_snapshot (node_key, version, state)
      SELECT * FROM unnest($1::text[], $2::integer[], $3::jsonb[])
      ON CONFLICT (node_key) DO UPDATE SET version = excluded.version, state = excluded.state`,
    values: [
      snapshots.map(({ node }) => node),
      snapshots.map(({ version }) => version),
      snapshots.map((state) => JSON.stringify(state)),
    ],
  };
}
