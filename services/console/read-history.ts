import type { History, Page } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import { sameJson } from '../../domain/json.js';
import type { NodeState } from '../../domain/node-state.js';
import { factItemOf, faultItemsOf, listedNodeOf, nodeDescriptionOf } from './describe-node.js';
import { processDescriptionOf, processItemOf } from './describe-process.js';
import { resumeText } from './events/resume-point.js';
import { apiVersion, nextOf, toInstant } from './forms/form.js';
import type { FactList, FaultItem, FaultList, NodeDescription, NodeList, Replay } from './forms/nodes.js';
import { ConsoleRefusal } from './forms/problem.js';
import { instantIn } from './instant-in.js';
import type { ProcessDescription, ProcessList } from './forms/processes.js';
import { findProcess } from './give-order.js';
import { nodeIn } from './node-in.js';
import { foldNode } from './replay-node.js';
import type { FactsQuery, NodeParameters, NodesQuery, ProcessesQuery, ReplayQuery } from './requests.js';

function pageQuery({ cluster, after, limit }: NodesQuery) {
  return { limit, ...(cluster === undefined ? {} : { cluster }), ...(after === undefined ? {} : { after }) };
}

/** Of one node that nothing is known of there are none. @throws ConsoleRefusal BadRequest */
async function statesOf(history: History, query: NodesQuery): Promise<Page<NodeState>> {
  if (query.node === undefined) return history.states(pageQuery(query));
  const state = await history.state(nodeIn(query.node));
  const isMeant =
    state !== undefined && (query.cluster ?? namesOf(state.node).cluster) === namesOf(state.node).cluster;
  return { rows: isMeant ? [state] : [] };
}

/** @throws ConsoleRefusal BadRequest, NotFound */
export async function findState(history: History, { cluster, node }: NodeParameters): Promise<NodeState> {
  const key = nodeIn(`${cluster}/${node}`);
  const state = await history.state(key);
  if (state !== undefined) return state;
  throw new ConsoleRefusal('NotFound', `nothing is known of ${key}`, 'look at `faultline get nodes`');
}

/** When and by which journal the present is told: what is published from then on may not be in it. */
export interface Present {
  readonly epoch: number;
  /** ms */
  readonly now: () => number;
}

export async function listNodes(
  history: History,
  query: NodesQuery,
  { epoch, now }: Present,
): Promise<NodeList> {
  // Before it is read: what is decided in between is in the list and comes again.
  const resume = resumeText('', now());
  const { rows, next } = await statesOf(history, query);
  const items = rows.map((state) => listedNodeOf(state, epoch));
  return { apiVersion, kind: 'NodeList', items, resume, ...nextOf(next) };
}

/** Pages end between nodes: a page may hold a few faults more than `limit`, never half the faults of a node. */
export async function listFaults(history: History, query: NodesQuery): Promise<FaultList> {
  const items: FaultItem[] = [];
  let after = query.after;
  do {
    const asked = { ...query, limit: 1000, ...(after === undefined ? {} : { after }) };
    const page = await statesOf(history, asked);
    for (const [index, state] of page.rows.entries()) {
      items.push(...faultItemsOf(state));
      const more = index + 1 < page.rows.length || page.next !== undefined;
      // States come in order of node key, which is the cursor.
      if (items.length >= query.limit && more) {
        return { apiVersion, kind: 'FaultList', items, next: state.node };
      }
    }
    after = page.next;
  } while (after !== undefined);
  return { apiVersion, kind: 'FaultList', items };
}

export async function describeNode(history: History, names: NodeParameters): Promise<NodeDescription> {
  const state = await findState(history, names);
  const [repeats, waiting] = await Promise.all([history.repeats(state.node), history.waiting(state.node)]);
  return nodeDescriptionOf(state, repeats, waiting);
}

export async function listFacts(
  history: History,
  names: NodeParameters,
  { from, limit }: FactsQuery,
): Promise<FactList> {
  const { node } = await findState(history, names);
  const facts = await history.facts(node, { fromVersion: from, limit });
  const last = facts.at(-1);
  const next = facts.length < limit || last === undefined ? undefined : String(last.version + 1);
  return { apiVersion, kind: 'FactList', items: facts.map(factItemOf), ...nextOf(next) };
}

/** The state of a node at `at`, or now; only reads. */
export async function replayNode(
  history: History,
  names: NodeParameters,
  { at }: ReplayQuery,
): Promise<Replay> {
  const stored = await findState(history, names);
  const until = at === undefined ? undefined : instantIn('at', at, 'write it like 2026-01-31T08:30:00Z');
  // No further than the state that was read: facts that come meanwhile would look like a contradiction.
  const end = { version: stored.version, ...(until === undefined ? {} : { until }) };
  const folded = await foldNode(history, stored.node, end);
  return {
    apiVersion,
    kind: 'Replay',
    cluster: names.cluster,
    node: names.node,
    factVersion: folded.version,
    state: folded,
    ...(until === undefined ? { sameAsStored: sameJson(folded, stored) } : { at: toInstant(until) }),
  };
}

export async function listProcesses(history: History, query: ProcessesQuery): Promise<ProcessList> {
  const { active, node, after, limit } = query;
  const { rows, next } = await history.processes({
    limit,
    ...(active === undefined ? {} : { active }),
    ...(node === undefined ? {} : { node: nodeIn(node) }),
    ...(after === undefined ? {} : { after }),
  });
  return { apiVersion, kind: 'ProcessList', items: rows.map(processItemOf), ...nextOf(next) };
}

export async function describeProcess(history: History, id: string): Promise<ProcessDescription> {
  const row = await findProcess(history, id);
  const [commands, state] = await Promise.all([history.commands(row.processId), history.state(row.node)]);
  return processDescriptionOf(row, commands, state);
}
