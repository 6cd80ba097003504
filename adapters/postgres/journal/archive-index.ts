import type { NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { ArchiveIndex, PlacedStretch, RecordedFile, StretchQuery } from '../../ports/archive.js';
import type { Database } from './database.js';

/** Reads only. */
export class PostgresArchiveIndex implements ArchiveIndex {
  protected readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async snapshot(node: NodeKey): Promise<NodeState | undefined> {
    const [row] = await this.database.query<{ state: NodeState }>({
      text: 'SELECT state FROM journal.node_snapshot WHERE node_key = $1',
      values: [node],
    });
    return row?.state;
  }

  async stretches({ after, node, limit }: StretchQuery): Promise<readonly PlacedStretch[]> {
    return this.database.query<PlacedStretch & Record<string, unknown>>({
      text: `SELECT node_key AS node, first_version AS "firstVersion", last_version AS "lastVersion",
          stretch.byte_offset AS "offset", stretch.byte_length AS length, stretch.sha256, file.name AS file,
          file.header_length AS "headerLength"
        FROM (
          SELECT * FROM journal.archived_stretch
          WHERE (node_key, last_version) > ($1, $2::integer) ${node === undefined ? '' : 'AND node_key = $4'}
          ORDER BY node_key, last_version LIMIT $3
        ) AS stretch JOIN journal.archive_file AS file USING (file_id)
        ORDER BY node_key, last_version`,
      values: [after?.node ?? '', after?.version ?? 0, limit, ...(node === undefined ? [] : [node])],
    });
  }

  async files(): Promise<readonly RecordedFile[]> {
    return this.database.query<RecordedFile & Record<string, unknown>>({
      text: `SELECT name, header_length AS "headerLength", byte_length AS length, sha256, facts,
          first_node AS "firstNode", last_node AS "lastNode", archived_at AS "archivedAt"
        FROM journal.archive_file ORDER BY file_id`,
    });
  }

  async finishedAt(): Promise<number | undefined> {
    const [row] = await this.database.query<{ finished_at: number }>({
      text: 'SELECT finished_at FROM journal.archive_run',
    });
    return row?.finished_at;
  }
}
