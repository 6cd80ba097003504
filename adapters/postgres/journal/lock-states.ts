import type { NodeKey } from '../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import { seenKey } from '../../journal/digests.js';
import { compareBytes } from '../../journal/pages.js';
import type { AdvanceRequest } from '../../ports/journal.js';
import { seeCauses } from './cause-statements.js';
import type { Statement, Transaction } from './database.js';

/** Inputs whose cause was never seen, in order, and the locked states of their nodes. */
export async function lockStates(
  transaction: Transaction,
  request: AdvanceRequest,
  inputs: readonly Input[],
  now: number,
): Promise<{ readonly fresh: readonly Input[]; readonly states: ReadonlyMap<NodeKey, NodeState> }> {
  if (inputs.length === 0) return { fresh: [], states: new Map() };
  const byCause = new Map<string, Input>();
  for (const input of inputs) {
    const cause = seenKey(input.causeId);
    if (!byCause.has(cause)) byCause.set(cause, input);
  }
  const nodes = [...new Set(inputs.map(({ node }) => node))].sort(compareBytes);
  const seeing = seeCauses(byCause, request, now);
  const answers = await transaction.send([...seeing, lockStatement(nodes)]);
  const seen = answers.slice(0, seeing.length);
  const locked = answers[seeing.length];
  const states = statesOf(locked?.rows ?? []);
  const missing = nodes.filter((node) => !states.has(node));
  if (missing.length > 0) await createStates(transaction, missing, states);
  const unseenCauses = new Set(seen.flatMap(({ rows }) => rows).map((row) => String(row['cause_id'])));
  const fresh = [...byCause].flatMap(([cause, input]) => (unseenCauses.has(cause) ? [input] : []));
  return { fresh, states };
}

function lockStatement(nodes: readonly NodeKey[]): Statement {
  return {
    name: 'state-lock',
    text: `SELECT state FROM journal.node_state WHERE node_key = ANY ($1::text[])
      ORDER BY node_key COLLATE "C" FOR UPDATE`,
    values: [nodes],
  };
}

function statesOf(rows: readonly { readonly state?: NodeState }[]): Map<NodeKey, NodeState> {
  return new Map(rows.flatMap(({ state }) => (state === undefined ? [] : [[state.node, state] as const])));
}

/** Makes rows for nodes never heard of; where another batch was faster, its row is locked and read. */
async function createStates(
  transaction: Transaction,
  missing: readonly NodeKey[],
  states: Map<NodeKey, NodeState>,
): Promise<void> {
  const [, locked] = await transaction.send([
    {
      name: 'state-create',
      text: `INSERT INTO journal.node_state (node_key, version, state)
        SELECT node_key, 0, state FROM unnest($1::text[], $2::jsonb[]) AS made (node_key, state) ON CONFLICT DO NOTHING`,
      values: [missing, missing.map((node) => JSON.stringify(emptyNodeState(node)))],
    },
    lockStatement(missing),
  ]);
  for (const [node, state] of statesOf(locked?.rows ?? [])) states.set(node, state);
}
