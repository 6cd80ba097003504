import type { FactType, ToldFact } from '../../../domain/fact.js';
import type { CauseId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { JsonObject } from '../../../domain/json.js';
import type { PublishedFact, PublishedFacts, PublishedFactsQuery, ToldProcess } from '../../ports/journal.js';
import type { Database } from './database.js';

/** The values of one column, in the order of the facts. */
type Column<Value> = readonly Value[];

/** The columns that say where facts stand. */
interface Places {
  readonly nodes: Column<NodeKey>;
  readonly versions: Column<number>;
}

interface Told {
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

type Page = Places & Told;

/** As it comes: the JSON text of each column; null: no fact. */
type Texts = Readonly<Record<keyof Page, string | null>>;

const none: PublishedFacts = { facts: () => [], next: undefined };

/**
 * A page comes as one row, each column as one JSON text. Both sides spend on a fact a fifth of what a row of its own costs, or
 * a JSON object of its own; and of patches, the longest part of most facts, only what is needed comes at all. Of the texts only
 * places are read at once, which the next page begins after.
 */
export async function readPublishedFacts(
  database: Database,
  { after, node, types, limit }: PublishedFactsQuery,
): Promise<PublishedFacts> {
  const [texts] = await database.query<Texts & Record<string, unknown>>({
    text: `SELECT json_agg(node_key)::text AS nodes, json_agg(version)::text AS versions, json_agg(type)::text AS types,
        json_agg(at)::text AS times, json_agg(cause_id)::text AS causes, json_agg(process_id)::text AS processes,
        json_agg(data)::text AS data, json_agg(epoch)::text AS epochs, json_agg(caused_by)::text AS followed,
        json_agg(jsonb_typeof(process))::text AS changes, json_agg(process ->> 'id')::text AS ids,
        json_agg(process ->> 'workflow')::text AS workflows, json_agg(process ->> 'stage')::text AS stages
      FROM (
        SELECT node_key, version, type, at, cause_id, process_id, data, epoch, caused_by, patch -> 'process' AS process
        FROM journal.fact
        WHERE (node_key, version) > ($1, $2::integer) AND ($3::text[] IS NULL OR type = ANY ($3))
          ${node === undefined ? '' : 'AND node_key = $5'}
        ORDER BY node_key, version LIMIT $4
      ) AS page`,
    values: [
      ...[after?.node ?? '', after?.version ?? 0, types ?? null, limit],
      ...(node === undefined ? [] : [node]),
    ],
  });
  if (texts === undefined || texts.nodes === null) return none;
  const places: Places = { nodes: column(texts, 'nodes'), versions: column(texts, 'versions') };
  const { nodes, versions } = places;
  const last = nodes.length - 1;
  return {
    facts: () => {
      const page = pageOf(places, texts);
      return nodes.map((of, index) => publishedFact(page, of, index));
    },
    next: nodes.length < limit ? undefined : { node: at(nodes, last), version: at(versions, last) },
  };
}

function pageOf(places: Places, texts: Texts): Page {
  return {
    ...places,
    types: column(texts, 'types'),
    times: column(texts, 'times'),
    causes: column(texts, 'causes'),
    processes: column(texts, 'processes'),
    data: column(texts, 'data'),
    epochs: column(texts, 'epochs'),
    followed: column(texts, 'followed'),
    changes: column(texts, 'changes'),
    ids: column(texts, 'ids'),
    workflows: column(texts, 'workflows'),
    stages: column(texts, 'stages'),
  };
}

/** What the statement made of columns of these types. */
function column<Name extends keyof Page>(texts: Texts, name: Name): Page[Name] {
  return JSON.parse(texts[name] ?? '[]') as Page[Name];
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
