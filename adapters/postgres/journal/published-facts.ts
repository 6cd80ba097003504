import type { FactType, ToldFact } from '../../../domain/fact.js';
import type { CauseId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { JsonObject } from '../../../domain/json.js';
import type { PublishedFact, PublishedFactsQuery, ToldProcess } from '../../ports/journal.js';
import type { Database } from './database.js';

/** The values of one column, in the order of the facts. */
type Column<Value> = readonly Value[];

interface Page {
  readonly nodes: Column<NodeKey> | null;
  readonly versions: Column<number>;
  readonly types: Column<FactType>;
  readonly times: Column<number>;
  readonly causes: Column<CauseId>;
  readonly processes: Column<ProcessId | null>;
  readonly data: Column<JsonObject>;
  readonly epochs: Column<number>;
  readonly followed: Column<string | null>;
  /** What kind of JSON the patch has for the process. */
  readonly changes: Column<'null' | 'object' | null>;
  readonly ids: Column<ToldProcess['id'] | null>;
  readonly workflows: Column<ToldProcess['workflow'] | null>;
  readonly stages: Column<ToldProcess['stage'] | null>;
}

/**
 * A page comes as one row, each column as one JSON text. Both sides spend on a fact a fifth of what a row of its own costs, or
 * a JSON object of its own; and of patches, the longest part of most facts, only what is needed comes at all.
 */
export async function readPublishedFacts(
  database: Database,
  { after, node, types, limit }: PublishedFactsQuery,
): Promise<readonly PublishedFact[]> {
  const [page] = await database.query<Page & Record<string, unknown>>({
    text: `SELECT json_agg(node_key) AS nodes, json_agg(version) AS versions, json_agg(type) AS types, json_agg(at) AS times,
        json_agg(cause_id) AS causes, json_agg(process_id) AS processes, json_agg(data) AS data,
        json_agg(epoch) AS epochs, json_agg(caused_by) AS followed,
        json_agg(jsonb_typeof(patch -> 'process')) AS changes, json_agg(patch #>> '{process,id}') AS ids,
        json_agg(patch #>> '{process,workflow}') AS workflows, json_agg(patch #>> '{process,stage}') AS stages
      FROM (
        SELECT * FROM journal.fact
        WHERE (node_key, version) > ($1, $2::integer) AND ($3::text[] IS NULL OR type = ANY ($3))
          ${node === undefined ? '' : 'AND node_key = $5'}
        ORDER BY node_key, version LIMIT $4
      ) AS page`,
    values: [
      ...[after?.node ?? '', after?.version ?? 0, types ?? null, limit],
      ...(node === undefined ? [] : [node]),
    ],
  });
  const nodes = page?.nodes ?? [];
  if (page === undefined) return [];
  return nodes.map((of, index) => publishedFact(page, of, index));
}

/** A column that ends before the others would be a fault of the statement. */
function at<Value>(column: Column<Value>, index: number): Value {
  const value = column[index];
  if (value === undefined) throw new RangeError(`a page of facts has a column that ends before row ${index}`);
  return value;
}

function publishedFact(page: Page, node: NodeKey, index: number): PublishedFact {
  const causeId = at(page.causes, index);
  const processId = at(page.processes, index);
  const version = at(page.versions, index);
  const type = at(page.types, index);
  const decidedAt = at(page.times, index);
  const data = at(page.data, index);
  // Written out, since a copy of an object costs as much as the rest of it.
  const fact: ToldFact =
    processId === null
      ? { node, version, type, at: decidedAt, causeId, data }
      : { node, version, type, at: decidedAt, causeId, data, processId };
  const epoch = at(page.epochs, index);
  const causedBy = at(page.followed, index) ?? causeId;
  const change = at(page.changes, index);
  if (change === null) return { fact, epoch, causedBy };
  return { fact, epoch, causedBy, process: change === 'null' ? 'over' : changeAt(page, index) };
}

function changeAt({ ids, workflows, stages }: Page, index: number): Partial<ToldProcess> {
  const [id, workflow, stage] = [at(ids, index), at(workflows, index), at(stages, index)];
  return {
    ...(id === null ? {} : { id }),
    ...(workflow === null ? {} : { workflow }),
    ...(stage === null ? {} : { stage }),
  };
}
